/** What a row's turns amount to. Pure. */
import { median } from './averages.ts'
import { flopOfStep } from './multiply-accumulates.ts'
import { planOf, type Row } from './row.ts'
import { compareLosses, type SameComputation } from './same-computation.ts'

/** A side of a row, as it was measured. */
export interface MeasuredSide {
  /** Of the first steps, from the same weights and views on both sides. */
  readonly losses: readonly number[]
  /** Views per second of every turn. */
  readonly turns: readonly number[]
  readonly peakRssMiB: number
}

export type MemoryFormat = 'contiguous' | 'channels_last'

/** One of our turns with the turn of PyTorch's that followed it, in views per second. */
interface Pair {
  readonly ours: number
  readonly pytorch: number
  readonly ratio: number
}

export interface RowResult {
  readonly name: string
  /** Medians of the turns. */
  readonly viewsPerSecond: number
  readonly gflops: number
  readonly compileSeconds: number
  readonly peakRssMiB: number
  readonly pytorchViewsPerSecond?: number
  /** Of ours to PyTorch's speed: the median of the pairs. Missing where the sides do not compute the same. */
  readonly ratio?: number
  readonly ratioInvalid?: string
  readonly pairs?: readonly Pair[]
  readonly sameComputation?: SameComputation
  readonly pytorchMemoryFormat?: MemoryFormat
  readonly pytorchPeakRssMiB?: number
}

interface Measured {
  readonly row: Row
  readonly ours: MeasuredSide & { readonly compileSeconds: number }
  readonly pytorch: (MeasuredSide & { readonly memoryFormat: MemoryFormat }) | undefined
}

export function rowResult({ row, ours, pytorch }: Measured): RowResult {
  const viewsPerSecond = median(ours.turns)
  const flopPerView = flopOfStep(planOf(row), 1)
  return {
    name: row.name,
    viewsPerSecond,
    gflops: (viewsPerSecond * flopPerView) / 1e9,
    compileSeconds: ours.compileSeconds,
    peakRssMiB: ours.peakRssMiB,
    ...(pytorch === undefined ? {} : besidePyTorch(ours, pytorch)),
  }
}

function besidePyTorch(
  ours: MeasuredSide,
  pytorch: NonNullable<Measured['pytorch']>,
): Partial<RowResult> {
  const pairs = ours.turns.map((rate, turn): Pair => {
    const other = pytorch.turns[turn]!
    return { ours: rate, pytorch: other, ratio: rate / other }
  })
  const sameComputation = compareLosses(ours.losses, pytorch.losses)
  return {
    pytorchViewsPerSecond: median(pytorch.turns),
    ...(sameComputation.passed
      ? { ratio: median(pairs.map(({ ratio }) => ratio)) }
      : { ratioInvalid: 'the losses of the two sides differ: they do not compute the same' }),
    pairs,
    sameComputation,
    pytorchMemoryFormat: pytorch.memoryFormat,
    pytorchPeakRssMiB: pytorch.peakRssMiB,
  }
}
