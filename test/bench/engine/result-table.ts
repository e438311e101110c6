/** The result as text for a terminal. Pure. */
import type { BenchResult } from './benchmark.ts'
import type { Machine, Rates } from './machine.ts'
import type { RowResult } from './row-result.ts'

const HEADINGS = ['', 'views/s', 'GFLOP/s', 'compile s', 'peak MiB', 'PyTorch', 'ratio']

export function resultTable(result: BenchResult): readonly string[] {
  const { geomeanRatio, gradientCaching } = result
  return [
    ...machineLines(result.machine),
    '',
    cells(HEADINGS),
    ...result.rows.flatMap(rowLines),
    ...(geomeanRatio === undefined
      ? []
      : ['', `Geometric mean of the ratios: ${geomeanRatio.toFixed(2)}`]),
    ...(gradientCaching === undefined
      ? []
      : [
          '',
          `Peak memory with 256 images in a batch ${mib(gradientCaching.peakRssMiB256)}, with 4096 ${mib(gradientCaching.peakRssMiB4096)}`,
        ]),
  ]
}

function machineLines(machine: Machine): string[] {
  const { cpu, cores, threads, node, onnxruntime, pytorch } = machine
  const other = pytorch === undefined ? '' : `, PyTorch ${pytorch.version}`
  const both = ({ oneThread, allThreads }: Rates): string =>
    `${oneThread.toFixed(0)} on one thread, ${allThreads.toFixed(0)} on ${threads}`
  return [
    `${cpu}, ${cores} cores, ${threads} threads; Node ${node}, ONNX Runtime ${onnxruntime}${other}`,
    `Matrix product ${both(machine.matMulGflops)} GFLOP/s; memory ${both(machine.memoryGBs)} GB/s`,
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
    ...(ratioInvalid === undefined ? [] : [`no ratio: ${ratioInvalid}`]),
  ]
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
