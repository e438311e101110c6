/** PyTorch's side of a row: pytorch_step.py, in a Python that has PyTorch. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { LineProcesses } from '../line-processes.ts'
import type { MemoryFormat, PyTorchSides } from './row-result.ts'
import type { Row } from './row.ts'
import { warmUp, type Side } from './side.ts'
import { sourceFile } from './source-file.ts'

export interface Python {
  readonly command: string
  /** Of PyTorch. */
  readonly version: string
}

/** Debian's packages are for the system's Python, which need not be the first in the PATH. */
const CANDIDATES = ['python3', '/usr/bin/python3']

export const NO_PYTORCH =
  "python3 with torch not found: install Debian's python3-torch, or PyTorch from pytorch.org. Rows are printed without PyTorch."

export async function findPyTorch(): Promise<Python | undefined> {
  for (const command of CANDIDATES) {
    const version = await versionOf(command)
    if (version !== undefined) return { command, version }
  }
  return undefined
}

async function versionOf(command: string): Promise<string | undefined> {
  try {
    const script = 'import torch; print(torch.__version__)'
    return (await promisify(execFile)(command, ['-c', script])).stdout.trim()
  } catch {
    return undefined // no such Python, or one without PyTorch
  }
}

export interface PyTorchSide extends Side {
  readonly memoryFormat: MemoryFormat
}

interface PyTorchOptions {
  readonly row: Row
  readonly threads: number
  readonly python: Python
  readonly processes: LineProcesses
  /** First weights and views. */
  readonly tensors: string
}

/**
 * Whether the C library keeps freed memory for the next step, or does with it what it does by default: that is how
 * PyTorch runs for whoever installs it and tunes nothing.
 */
type Allocator = 'keep' | 'default'

/** Warmed up. */
export const startPyTorch = async (
  options: PyTorchOptions,
): Promise<PyTorchSides<PyTorchSide>> => ({
  tuned: await startFaster('keep', options),
  asInstalled: await startFaster('default', options),
})

/** In the memory format that is faster with this allocator for this row on this machine: they need not agree. */
async function startFaster(allocator: Allocator, options: PyTorchOptions): Promise<PyTorchSide> {
  const contiguous = await startIn({ allocator, memoryFormat: 'contiguous' }, options)
  const channelsLast = await startIn({ allocator, memoryFormat: 'channels_last' }, options)
  const [faster, slower] =
    contiguous.secondsPerStep <= channelsLast.secondsPerStep
      ? [contiguous, channelsLast]
      : [channelsLast, contiguous]
  await slower.process.end()
  return faster
}

async function startIn(
  { allocator, memoryFormat }: { allocator: Allocator; memoryFormat: MemoryFormat },
  { row, threads, python, processes, tensors }: PyTorchOptions,
): Promise<PyTorchSide> {
  const process = await processes.start({
    name: `PyTorch, allocator ${allocator}, ${row.name}`,
    command: python.command,
    args: [
      ...[sourceFile('pytorch_step.py'), '--serve', '--row', row.name, '--tensors', tensors],
      ...['--threads', String(threads), '--memory-format', memoryFormat, '--allocator', allocator],
    ],
  })
  return { ...(await warmUp(process)), memoryFormat }
}
