import { assertSameSchema } from './schema.ts'
import type { NamedArray, NamedArrays } from './named-arrays.ts'

/** What training changed: `after - before`, tensor by tensor. Throws WEIGHTS_MISMATCH if the tensors differ. */
export const deltaOf = (after: NamedArrays, before: NamedArrays): NamedArrays =>
  combine(after, before, (a, b) => a - b)

/** `weights + delta`. Throws WEIGHTS_MISMATCH if the tensors differ. */
export const applyDelta = (weights: NamedArrays, delta: NamedArrays): NamedArrays =>
  combine(weights, delta, (a, b) => a + b)

function combine(
  left: NamedArrays,
  right: NamedArrays,
  f: (a: number, b: number) => number,
): NamedArrays {
  assertSameSchema(right, left, 'The second bundle of weights')
  return new Map(
    [...left].map(([name, { shape, data }]): [string, NamedArray] => {
      const other = right.get(name)!.data
      return [name, { shape, data: data.map((x, i) => f(x, other[i]!)) }]
    }),
  )
}
