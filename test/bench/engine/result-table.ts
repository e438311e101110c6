/** The result as text for a terminal. Pure. */
import type { BenchResult } from './benchmark.ts'
import type { Machine, Rates } from './machine.ts'
import type { AsInstalled, RowResult } from './row-result.ts'

const HEADINGS = ['', 'views/s', 'GFLOP/s', 'compile s', 'peak MiB', 'PyTorch', 'ratio']

const TWO_PYTORCHS =
  "PyTorch: its quickest eager way that is known, freed memory kept for the next step. As installed: the C library's default, which gives that memory back to the system."

export function resultTable(result: BenchResult): readonly string[] {
  const { gradientCaching } = result
  return [
    ...machineLines(result.machine),
    '',
    cells(HEADINGS),
    ...result.rows.flatMap(rowLines),
    ...pytorchLines(result),
    ...(gradientCaching === undefined
      ? []
      : [
          '',
          `Peak memory with 256 images in a batch ${mib(gradientCaching.peakRssMiB256)}, with 4096 ${mib(gradientCaching.peakRssMiB4096)}`,
        ]),
  ]
}

function pytorchLines({ machine, geomeanRatio, geomeanRatioAsInstalled }: BenchResult): string[] {
  if (machine.pytorch === undefined) return []
  const means = [
    ...(geomeanRatio === undefined ? [] : [geomeanRatio.toFixed(2)]),
    ...(geomeanRatioAsInstalled === undefined
      ? []
      : [`to PyTorch as installed ${geomeanRatioAsInstalled.toFixed(2)}`]),
  ]
  return [
    '',
    TWO_PYTORCHS,
    ...(means.length === 0 ? [] : [`Geometric mean of the ratios: ${means.join('; ')}`]),
  ]
}

function machineLines(machine: Machine): string[] {
  const { cpu, cores, threads, node, onnxruntime, pytorch, warning } = machine
  const other = pytorch === undefined ? '' : `, PyTorch ${pytorch.version}`
  const both = ({ oneThread, allThreads }: Rates): string =>
    `${oneThread.toFixed(0)} on one thread, ${allThreads.toFixed(0)} on ${threads}`
  return [
    `${cpu}, ${cores} cores, ${threads} threads; Node ${node}, ONNX Runtime ${onnxruntime}${other}`,
    `Matrix product ${both(machine.matMulGflops)} GFLOP/s; memory ${both(machine.memoryGBs)} GB/s`,
    ...(warning === undefined ? [] : [warning]),
  ]
}

function rowLines(row: RowResult): string[] {
  const { viewsPerSecond, gflops, compileSeconds, peakRssMiB } = row
  return [
    cells([
      row.name,
      viewsPerSecond.toFixed(1),
      gflops.toFixed(1),
      compileSeconds.toFixed(1),
      peakRssMiB.toFixed(0),
      row.pytorchViewsPerSecond?.toFixed(1) ?? '',
      row.ratio?.toFixed(2) ?? '',
    ]),
    ...besideLines(row).map((line) => `  ${line}`),
  ]
}

function besideLines(row: RowResult): string[] {
  const { pairs, sameComputation, pytorchMemoryFormat, pytorchPeakRssMiB, ratioInvalid } = row
  if (pairs === undefined) return []
  const { first, third } = sameComputation!
  const turns = pairs.map(
    ({ ours, pytorch, ratio }) => `${ours.toFixed(1)}/${pytorch.toFixed(1)}=${ratio.toFixed(2)}`,
  )
  const losses = [first, third].map(
    ({ ours, pytorch, difference }) =>
      `${ours.toFixed(5)} and ${pytorch.toFixed(5)} (${difference.toExponential(0)})`,
  )
  return [
    `turns: ${turns.join(', ')}`,
    `loss of step 1: ${losses[0]!}; of step 3: ${losses[1]!}`,
    `PyTorch: ${pytorchMemoryFormat!}, peak ${mib(pytorchPeakRssMiB!)}`,
    asInstalledLine(row.pytorchAsInstalled!),
    ...(ratioInvalid === undefined ? [] : [`no ratio: ${ratioInvalid}`]),
  ]
}

function asInstalledLine(asInstalled: AsInstalled): string {
  const { viewsPerSecond, turns, ratio, memoryFormat, peakRssMiB } = asInstalled
  const rates = turns.map((rate) => rate.toFixed(1)).join(', ')
  const compared = ratio === undefined ? 'no ratio' : `ratio ${ratio.toFixed(2)}`
  return `PyTorch as installed: ${viewsPerSecond.toFixed(1)} views/s, ${compared}; turns: ${rates}; ${memoryFormat}, peak ${mib(peakRssMiB)}`
}

const NAME_WIDTH = 26
const CELL_WIDTH = 11

const cells = ([name, ...values]: readonly string[]): string =>
  name!.padEnd(NAME_WIDTH) +
  values
    .map((value) => value.padStart(CELL_WIDTH))
    .join('')
    .trimEnd()

const mib = (value: number): string => `${value.toFixed(0)} MiB`
