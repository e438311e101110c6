import type { Lung } from './patient.ts'
import { smoothstep } from './smoothstep.ts'

/** Width of the transition from lung to what surrounds it. */
const EDGE = 0.035

/** How much of the lung lies at (u, v): 1 inside the lung field, 0 outside, smooth at its edge. */
export function lungField(lung: Lung, u: number, v: number): number {
  const x = lung.side * u
  const t = (v - lung.apex) / (lung.base - lung.apex)
  if (t <= 0 || v > lung.base + 0.25 || x < lung.inner - EDGE || x > lung.inner + lung.width + EDGE)
    return 0
  const outer = lung.inner + lung.width * Math.sqrt(1 - cube(Math.max(0, 1 - t)))
  const q = (2 * (x - lung.inner)) / lung.width - 1
  const floor = lung.base + 0.07 * q * q + 0.1 * cube(Math.max(0, q))
  return (
    smoothstep(lung.inner - EDGE, lung.inner + EDGE, x) *
    smoothstep(outer + EDGE, outer - EDGE, x) *
    smoothstep(floor + EDGE, floor - EDGE, v)
  )
}

const cube = (x: number): number => x * x * x
