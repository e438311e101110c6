import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { WeightsFormatError, type ReadBytes } from '@consilium/weights'

/** Read from the disk at a time; what is asked for at once may be more. */
const READ_BYTES = 1024 * 1024

export interface FileReader {
  readonly read: ReadBytes
  /** SHA-256 of the whole file, also of what nobody has asked for. */
  digestOfAll(): string
  close(): void
}

/** Reads a file from its beginning, waiting for the disk, and takes its digest on the way. For threads. */
export function openFileReader(path: string): FileReader {
  const file = openSync(path, 'r')
  const hash = createHash('sha256')
  let buffer = Buffer.allocUnsafe(READ_BYTES)
  let begin = 0
  let end = 0

  /** False at the end of the file. */
  const fill = (): boolean => {
    const bytesRead = readSync(file, buffer, end, buffer.length - end, null)
    hash.update(buffer.subarray(end, end + bytesRead))
    end += bytesRead
    return bytesRead > 0
  }

  const makeRoom = (count: number): void => {
    const target = count > buffer.length ? Buffer.allocUnsafe(count) : buffer
    buffer.copy(target, 0, begin, end)
    ;[buffer, begin, end] = [target, 0, end - begin]
  }

  return {
    read(count) {
      if (begin + count > buffer.length) makeRoom(count)
      while (end - begin < count) {
        if (!fill())
          throw new WeightsFormatError(`it ends ${count - (end - begin)} bytes too early`)
      }
      begin += count
      return buffer.subarray(begin - count, begin)
    },
    digestOfAll() {
      do [begin, end] = [0, 0]
      while (fill())
      return hash.digest('hex')
    },
    close: () => {
      closeSync(file)
    },
  }
}
