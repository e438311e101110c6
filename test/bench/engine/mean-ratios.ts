/** The ratios of all rows in one number. Pure. */
import { geometricMean } from './averages.ts'
import type { RowResult } from './row-result.ts'
import { rows } from './row.ts'

export interface MeanRatios {
  /** To tuned PyTorch, of the rows that count in it; missing where none has a ratio. */
  readonly geomeanRatio?: number
  /** To PyTorch as installed, likewise. */
  readonly geomeanRatioAsInstalled?: number
}

export function meanRatios(results: readonly RowResult[]): MeanRatios {
  const counted = results.filter(({ name }) =>
    rows.some((row) => row.name === name && row.inGeomean),
  )
  const tuned = counted.flatMap(({ ratio }) => ratio ?? [])
  const asInstalled = counted.flatMap(({ pytorchAsInstalled }) => pytorchAsInstalled?.ratio ?? [])
  return {
    ...(tuned.length === 0 ? {} : { geomeanRatio: geometricMean(tuned) }),
    ...(asInstalled.length === 0 ? {} : { geomeanRatioAsInstalled: geometricMean(asInstalled) }),
  }
}
