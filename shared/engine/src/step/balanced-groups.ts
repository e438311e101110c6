import { sizeOf } from '@consilium/weights'
import type { Shapes } from '../onnx/encode-piece.ts'

/** Names in groups of about the same number of values: the largest first, each to the lightest group. */
export function balancedGroups(shapes: Shapes, count: number): string[][] {
  const groups = Array.from({ length: count }, () => ({ names: [] as string[], values: 0 }))
  const bySize = [...shapes].sort(([, a], [, b]) => sizeOf(b) - sizeOf(a))
  for (const [name, dims] of bySize) {
    const lightest = groups.reduce((a, b) => (b.values < a.values ? b : a))
    lightest.names.push(name)
    lightest.values += sizeOf(dims)
  }
  return groups.map(({ names }) => names)
}
