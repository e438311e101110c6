/** A row of the table: both sides warmed up, then measured in turns. */
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { programOfBench, type LineProcesses } from './line-processes.ts'
import { startOurs } from './our-side.ts'
import { startPyTorch, type Python, type PyTorchSide } from './pytorch.ts'
import { rowResult, type RowResult } from './row-result.ts'
import type { Row } from './row.ts'
import { measuredSide, takeTurn, warmUp, type Turn } from './side.ts'

export interface MeasureOptions {
  readonly threads: number
  /** Turns of each side. */
  readonly repeats: number
  readonly python: Python | undefined
  readonly processes: LineProcesses
  /** For temporary files. */
  readonly folder: string
  readonly say: (line: string) => void
}

/**
 * A machine gets slower and faster meanwhile. So the sides take turns, and turns that follow each other are compared.
 */
export async function measureRow(row: Row, options: MeasureOptions): Promise<RowResult> {
  const { repeats, say } = options
  const { process, compileSeconds } = await startOurs(row, { ...options, name: row.name })
  const ours = await warmUp(process)
  const pytorch = await startBesides(row, options)
  const ourTurns: Turn[] = []
  const otherTurns: Turn[] = []
  while (ourTurns.length < repeats) {
    ourTurns.push(await takeTurn(ours, row.views))
    if (pytorch !== undefined) otherTurns.push(await takeTurn(pytorch, row.views))
    say(describeTurn(repeats, ourTurns, otherTurns))
  }
  await Promise.all([ours.process.end(), pytorch?.process.end()])
  return rowResult({
    row,
    ours: { ...measuredSide(ours, ourTurns), compileSeconds },
    pytorch: pytorch && {
      ...measuredSide(pytorch, otherTurns),
      memoryFormat: pytorch.memoryFormat,
    },
  })
}

async function startBesides(
  row: Row,
  { threads, python, processes, folder }: MeasureOptions,
): Promise<PyTorchSide | undefined> {
  if (python === undefined) return undefined
  const tensors = path.join(folder, `${row.name}.safetensors`)
  const writer = await processes.start({
    name: `first weights of ${row.name}`,
    ...programOfBench('write-tensors-process', [JSON.stringify(row), tensors]),
  })
  await writer.end()
  const pytorch = await startPyTorch({ row, threads, python, processes, tensors })
  await rm(tensors)
  return pytorch
}

function describeTurn(repeats: number, ours: readonly Turn[], others: readonly Turn[]): string {
  const rate = (turns: readonly Turn[]): string => turns.at(-1)!.viewsPerSecond.toFixed(1)
  const other = others.length === 0 ? '' : `, PyTorch ${rate(others)}`
  return `turn ${ours.length} of ${repeats}: ${rate(ours)} views/s${other}`
}
