/** A row of the table: all sides warmed up, then measured in turns. */
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { programOfBench, type LineProcesses } from '../line-processes.ts'
import { startOurs } from './our-side.ts'
import { startPyTorch, type Python, type PyTorchSide } from './pytorch.ts'
import {
  rowResult,
  type MeasuredPyTorch,
  type MeasuredSide,
  type PyTorchSides,
  type RowResult,
} from './row-result.ts'
import type { Row } from './row.ts'
import { measuredSide, takeTurn, warmUp, type Side, type Turn } from './side.ts'

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
  const { process, compileSeconds } = await startOurs(row, { ...options, name: row.name })
  const ours = await warmUp(process)
  const pytorch = await startBesides(row, options)
  const sides = pytorch === undefined ? [ours] : [ours, pytorch.tuned, pytorch.asInstalled]
  const turns = await takeTurns(sides, row, options)
  await Promise.all(sides.map((side) => side.process.end()))
  const measured = (side: Side): MeasuredSide => measuredSide(side, turns.get(side)!)
  const measuredPyTorch = (side: PyTorchSide): MeasuredPyTorch => ({
    ...measured(side),
    memoryFormat: side.memoryFormat,
  })
  return rowResult({
    row,
    ours: { ...measured(ours), compileSeconds },
    pytorch: pytorch && {
      tuned: measuredPyTorch(pytorch.tuned),
      asInstalled: measuredPyTorch(pytorch.asInstalled),
    },
  })
}

async function takeTurns(
  sides: readonly Side[],
  { views }: Row,
  { repeats, say }: MeasureOptions,
): Promise<ReadonlyMap<Side, readonly Turn[]>> {
  const turns = new Map<Side, Turn[]>(sides.map((side) => [side, []]))
  for (let turn = 1; turn <= repeats; turn += 1) {
    for (const [side, taken] of turns) taken.push(await takeTurn(side, views))
    say(`turn ${turn} of ${repeats}: ${describeTurn([...turns.values()])}`)
  }
  return turns
}

/** The last turn of every side. */
function describeTurn(turns: readonly (readonly Turn[])[]): string {
  const [ours, tuned, asInstalled] = turns.map((taken) => taken.at(-1)!.viewsPerSecond.toFixed(1))
  const others = tuned === undefined ? '' : `, PyTorch ${tuned}, as installed ${asInstalled!}`
  return `${ours!} views/s${others}`
}

async function startBesides(
  row: Row,
  { threads, python, processes, folder }: MeasureOptions,
): Promise<PyTorchSides<PyTorchSide> | undefined> {
  if (python === undefined) return undefined
  const tensors = path.join(folder, `${row.name}.safetensors`)
  const writer = await processes.start({
    name: `first weights of ${row.name}`,
    ...programOfBench('engine/write-tensors-process', [JSON.stringify(row), tensors]),
  })
  await writer.end()
  const pytorch = await startPyTorch({ row, threads, python, processes, tensors })
  await rm(tensors)
  return pytorch
}
