/** Fills slots from files and takes the digests on the way. Blocking: it lives in a thread, whose end closes them. */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { bytesOfFloats } from '@consilium/weights'
import type {
  PlacedVector,
  ReaderData,
  ReadReply,
  ReadRequest,
  VectorFile,
} from './read-request.ts'

/** Further files are opened anew for every block, so that any number of sites can be folded. */
const MAX_OPEN_FILES = 256

/** A file does not hold what it should. */
class TooShort extends Error {}

interface OpenFile {
  readonly sha256: string
  readonly headerBytes: number
  readonly hash: Hash
  /** Calls back with a descriptor that is open until then. */
  using(read: (descriptor: number) => void): void
}

export interface BlockFiles {
  handle(request: ReadRequest): ReadReply
}

export function openBlockFiles({ parameters, files, slots }: ReaderData): BlockFiles {
  const open: OpenFile[] = []
  let vectors: readonly PlacedVector[] = []
  let digest = false

  const read = (slot: number, begin: number, count: number): void => {
    for (const { file, width, place } of vectors) {
      const part = slots[slot]!.subarray(place, place + count * width)
      const position = 4 * begin * width
      readVector(open[file]!, bytesOfFloats(part), { position, digest })
    }
  }
  const serve = (request: ReadRequest): ReadReply => {
    switch (request.kind) {
      case 'begin':
        if (open.length === 0) files.forEach((file, i) => open.push(openFile(file, parameters, i)))
        ;({ vectors, digest } = request)
        return {}
      case 'read':
        read(request.slot, request.begin, request.count)
        return {}
      case 'verify':
        return verify(open)
    }
  }
  return {
    handle(request) {
      try {
        return serve(request)
      } catch (error) {
        if (error instanceof TooShort) return { corrupt: error.message }
        throw error
      }
    },
  }
}

function openFile(
  { path, sha256, valuesPerParameter }: VectorFile,
  parameters: number,
  index: number,
): OpenFile {
  const first = openSync(path, 'r')
  const headerBytes = fstatSync(first).size - 4 * valuesPerParameter * parameters
  if (headerBytes < 0) throw new TooShort(sha256)
  const header = new Uint8Array(headerBytes)
  readFully(first, header, { position: 0, sha256 })
  const hash = createHash('sha256').update(header)
  const kept = index < MAX_OPEN_FILES
  if (!kept) closeSync(first)
  return {
    ...{ sha256, headerBytes, hash },
    using(read) {
      const descriptor = kept ? first : openSync(path, 'r')
      try {
        read(descriptor)
      } finally {
        if (!kept) closeSync(descriptor)
      }
    },
  }
}

function readVector(
  file: OpenFile,
  bytes: Uint8Array,
  { position, digest }: { position: number; digest: boolean },
): void {
  const { headerBytes, sha256 } = file
  file.using((descriptor) => {
    readFully(descriptor, bytes, { position: headerBytes + position, sha256 })
  })
  if (digest) file.hash.update(bytes)
}

function readFully(
  descriptor: number,
  bytes: Uint8Array,
  { position, sha256 }: { position: number; sha256: string },
): void {
  let filled = 0
  while (filled < bytes.length) {
    const got = readSync(descriptor, bytes, filled, bytes.length - filled, position + filled)
    if (got === 0) throw new TooShort(sha256)
    filled += got
  }
}

function verify(files: readonly OpenFile[]): ReadReply {
  const corrupt = files.find(({ hash, sha256 }) => hash.digest('hex') !== sha256)
  return corrupt === undefined ? {} : { corrupt: corrupt.sha256 }
}
