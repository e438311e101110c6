/**
 * The blocks of many files, one after the other, while threads of their own read the next ones and take their digests:
 * SHA-256 costs several times what the arithmetic does. Memory is a few blocks of every file, whatever the model's size.
 */
import { availableParallelism } from 'node:os'
import { TILE } from '../kernels/tile.ts'
import { createVectorMemory, type VectorMemory } from '../kernels/vector-memory.ts'
import type { PlacedVector, ReadRequest, Vector, VectorFile } from './read-request.ts'
import { startReadThread, type ReadThread } from './read-thread.ts'

/** Memory of all slots together. */
const READ_AHEAD_BYTES = 96 * 1024 * 1024

/** Parameters in a block where memory allows it: 2 MiB of every file. Smaller ones have threads wait for each other more. */
const BLOCK_PARAMETERS = 512 * 1024

/** One is worked on while the others are read. */
const SLOTS = 4

/** More would wait for the arithmetic. */
const MAX_READERS = 4

/** A further reader takes longer to start than to read less than this. */
const READER_BYTES = 64 * 1024 * 1024

export interface Block {
  /** Vector `v` begins at `stride` times the sum of the widths before it, and has `count` times its width. */
  readonly values: Float32Array
  readonly stride: number
  /** Parameters `begin` to `begin + count` of the model. */
  readonly begin: number
  readonly count: number
  /** Of which `values` is a slot. */
  readonly memory: VectorMemory
}

export interface BlockReader {
  /** The most parameters in a block. */
  readonly stride: number
  /** All blocks of the vectors in order. A block is overwritten once the next one is asked for. Throws BLOB_CORRUPT. */
  pass(vectors: readonly Vector[], options: { digest: boolean }): AsyncGenerator<Block>
  /** Throws BLOB_CORRUPT unless every file, of which all was read with `digest`, has its digest. */
  verify(): Promise<void>
  close(): Promise<unknown>
}

export interface BlockReaderOptions {
  readonly parameters: number
  readonly files: readonly VectorFile[]
  /** Values per parameter of the longest list of vectors. */
  readonly width: number
  /** Absent: what suits the files and the machine. No bit of what is read depends on it. */
  readonly reading?: Reading
}

export interface Reading {
  /** Of a block: whole tiles. */
  readonly parameters: number
  readonly threads: number
}

export function openBlockReader(options: BlockReaderOptions): BlockReader {
  const { parameters, width, reading = suitableReading(options) } = options
  const stride = reading.parameters
  const memory = createVectorMemory({ slots: SLOTS, length: stride * width })
  const { slots } = memory
  const threads = startThreads(options, { slots, length: reading.threads })

  const ask = async (requestOf: (thread: number) => ReadRequest): Promise<void> => {
    await Promise.all(threads.map((thread, t) => thread.ask(requestOf(t))))
  }
  const pass = async function* (
    vectors: readonly Vector[],
    { digest }: { digest: boolean },
  ): AsyncGenerator<Block> {
    const shares = shareOut(vectors, { stride, threads: threads.length })
    const read = async (turn: number): Promise<Block> => {
      const slot = turn % SLOTS
      const begin = turn * stride
      const count = Math.min(stride, parameters - begin)
      await ask(() => ({ kind: 'read', slot, begin, count }))
      return { values: slots[slot]!, stride, begin, count, memory }
    }
    await ask((t) => ({ kind: 'begin', vectors: shares[t]!, digest }))
    const ahead: Promise<Block>[] = []
    const turns = Math.ceil(parameters / stride)
    for (let turn = 0, asked = 0; turn < turns; turn += 1) {
      for (; asked < Math.min(turn + SLOTS - 1, turns); asked += 1) {
        const block = read(asked)
        // Its failure is met when it is waited for.
        block.catch(() => undefined)
        ahead.push(block)
      }
      yield await ahead.shift()!
    }
  }
  return {
    stride,
    pass,
    verify: () => ask(() => ({ kind: 'verify' })),
    close: () => Promise.all(threads.map((thread) => thread.terminate())),
  }
}

function suitableReading({ parameters, files, width }: BlockReaderOptions): Reading {
  const affordable = Math.floor(READ_AHEAD_BYTES / (SLOTS * 4 * width))
  const bytes = files.reduce((sum, file) => sum + 4 * parameters * file.valuesPerParameter, 0)
  const wanted = Math.ceil(bytes / READER_BYTES)
  const tiles = Math.min(
    Math.floor(Math.min(BLOCK_PARAMETERS, affordable) / TILE),
    Math.ceil(parameters / TILE),
  )
  return {
    parameters: Math.max(1, tiles) * TILE,
    threads: Math.min(MAX_READERS, availableParallelism(), files.length, wanted),
  }
}

const startThreads = (
  { parameters, files }: BlockReaderOptions,
  { slots, length }: { slots: readonly Float32Array[]; length: number },
): readonly ReadThread[] =>
  Array.from({ length }, (_, t) =>
    startReadThread({ parameters, slots, files: files.filter((_, i) => i % length === t) }),
  )

/** File i is thread i modulo the number of threads', where it has the number it has among that thread's. */
function shareOut(
  vectors: readonly Vector[],
  { stride, threads }: { stride: number; threads: number },
): readonly (readonly PlacedVector[])[] {
  const shares: PlacedVector[][] = Array.from({ length: threads }, () => [])
  let place = 0
  for (const { file, width } of vectors) {
    shares[file % threads]!.push({ file: Math.floor(file / threads), width, place })
    place += stride * width
  }
  return shares
}
