import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { phantomSites } from './phantom-site.ts'
import type { Measure } from './testing/measure-films.ts'

const FILMS = 1000
const TWO_MINUTES = 120_000

/** In a plain Node process: jest's realm makes every use of `Math` slow, and these are four thousand films. */
async function measure(site: string): Promise<Record<Measure, number>> {
  const url = new URL('./testing/measure-films.ts', import.meta.url).href
  const code = `import { measureFilms } from '${url}'; console.log(JSON.stringify(measureFilms('${site}', ${FILMS})))`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=consilium-source',
    '--input-type=module',
    '-e',
    code,
  ])
  return JSON.parse(stdout) as Record<Measure, number>
}

let measured: ReadonlyMap<string, Record<Measure, number>>

beforeAll(async () => {
  const sites = Object.keys(phantomSites)
  measured = new Map(
    await Promise.all(sites.map(async (site) => [site, await measure(site)] as const)),
  )
}, TWO_MINUTES)

describe.each(Object.keys(phantomSites))('the disease at %s', (site) => {
  test.each(['mean', 'spread', 'darkest', 'brightest'] as const)(
    'is not told by the %s of the pixels',
    (name) => {
      const auc = measured.get(site)![name]
      expect(auc).toBeGreaterThan(0.44)
      expect(auc).toBeLessThan(0.56)
    },
  )

  test('is told by texture, still at 32 pixels', () => {
    expect(measured.get(site)!.textureAt32).toBeGreaterThan(0.75)
  })
})
