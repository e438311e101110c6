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

/** PyTorch twice: with freed memory kept for the next step, which is faster, and with the allocator's defaults. */
export interface PyTorchSides<S> {
  readonly tuned: S
  readonly asInstalled: S
}

export type MeasuredPyTorch = MeasuredSide & { readonly memoryFormat: MemoryFormat }

/** One of our turns with the turn of tuned PyTorch that followed it, in views per second. */
interface Pair {
  readonly ours: number
  readonly pytorch: number
  readonly ratio: number
}

export interface AsInstalled {
  /** Median of the turns. */
  readonly viewsPerSecond: number
  /** Views per second: they differ widely where what a new page of memory costs changes. */
  readonly turns: readonly number[]
  /** Median over the turns. Missing where the sides do not compute the same. */
  readonly ratio?: number
  readonly memoryFormat: MemoryFormat
  readonly peakRssMiB: number
}

/** What is named after PyTorch alone is of tuned PyTorch, the stricter comparison. */
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
  readonly pytorchAsInstalled?: AsInstalled
}

interface Measured {
  readonly row: Row
  readonly ours: MeasuredSide & { readonly compileSeconds: number }
  readonly pytorch: PyTorchSides<MeasuredPyTorch> | undefined
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
  { tuned, asInstalled }: PyTorchSides<MeasuredPyTorch>,
): Partial<RowResult> {
  const pairs = pairsOf(ours, tuned)
  const sameComputation = compareLosses(ours.losses, tuned.losses)
  return {
    pytorchViewsPerSecond: median(tuned.turns),
    ...(sameComputation.passed
      ? { ratio: medianRatio(pairs) }
      : { ratioInvalid: 'the losses of the two sides differ: they do not compute the same' }),
    pairs,
    sameComputation,
    pytorchMemoryFormat: tuned.memoryFormat,
    pytorchPeakRssMiB: tuned.peakRssMiB,
    pytorchAsInstalled: besideAsInstalled(ours, asInstalled),
  }
}

function besideAsInstalled(ours: MeasuredSide, pytorch: MeasuredPyTorch): AsInstalled {
  const { turns, losses, memoryFormat, peakRssMiB } = pytorch
  return {
    viewsPerSecond: median(turns),
    turns,
    ...(compareLosses(ours.losses, losses).passed
      ? { ratio: medianRatio(pairsOf(ours, pytorch)) }
      : {}),
    memoryFormat,
    peakRssMiB,
  }
}

const pairsOf = (ours: MeasuredSide, pytorch: MeasuredSide): readonly Pair[] =>
  ours.turns.map((rate, turn) => {
    const other = pytorch.turns[turn]!
    return { ours: rate, pytorch: other, ratio: rate / other }
  })

const medianRatio = (pairs: readonly Pair[]): number => median(pairs.map(({ ratio }) => ratio))
