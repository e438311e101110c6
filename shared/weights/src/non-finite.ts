import { allFinite } from './all-finite.ts'
import type { NamedArrays } from './named-arrays.ts'

/** The first tensor that holds a NaN or an infinity, if any does. */
export function findNonFinite(arrays: NamedArrays): string | undefined {
  return [...arrays].find(([, { data }]) => !allFinite(data))?.[0]
}
