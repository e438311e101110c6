import type { LossPoint } from './report.ts'

/** Points kept of each site: more would not be seen. */
const MOST_POINTS = 200

export interface LossCurves {
  add(
    site: string,
    progress: {
      readonly round: number
      readonly step: number
      readonly steps: number
      readonly loss: number
    },
  ): void
  curves(): Readonly<Record<string, readonly LossPoint[]>>
}

/** Collects what the sites report while they train. */
export function createLossCurves(): LossCurves {
  const bySite = new Map<string, LossPoint[]>()
  return {
    add(site, { round, step, steps, loss }) {
      const points = bySite.get(site) ?? []
      points.push({ round: round - 1 + step / steps, loss })
      bySite.set(site, points)
    },
    curves: () =>
      Object.fromEntries([...bySite].sort().map(([site, points]) => [site, thin(points)])),
  }
}

/** Every n-th point, and the last. */
function thin(points: readonly LossPoint[]): readonly LossPoint[] {
  const every = Math.ceil(points.length / MOST_POINTS)
  return points.filter((_, i) => (points.length - 1 - i) % every === 0)
}
