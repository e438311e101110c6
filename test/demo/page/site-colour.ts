import type { DemoReport } from '../report.ts'

const COLOURS = ['--blue', '--red', '--green', '--pink', '--orange', '--sky'] as const

/** The CSS variable of a site's colour, the same in every chart. */
export const siteColour = ({ sites }: DemoReport, site: string): string =>
  COLOURS[sites.findIndex(({ name }) => name === site) % COLOURS.length] ?? COLOURS[0]
