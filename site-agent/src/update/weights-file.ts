/** A safetensors file read in pieces, as one vector in the order of its values. */
import { open } from 'node:fs/promises'
import {
  countParameters,
  floatsFromBytes,
  parseSafetensorsSchema,
  safetensorsHeaderBytes,
  WeightsFormatError,
  type Schema,
} from '@consilium/weights'

export interface WeightsFile {
  /** In the order of the values. */
  readonly schema: Schema
  readonly values: number
  /** `count` values from the `first` on. */
  read(first: number, count: number): Promise<Float32Array>
  close(): Promise<void>
}

/** Throws WEIGHTS_FORMAT. */
export async function openWeightsFile(path: string): Promise<WeightsFile> {
  const handle = await open(path, 'r')
  const readAt = async (position: number, count: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(count)
    for (let done = 0; done < count;) {
      const { bytesRead } = await handle.read(bytes, done, count - done, position + done)
      if (bytesRead === 0) throw new WeightsFormatError(`it ends ${count - done} bytes too early`)
      done += bytesRead
    }
    return bytes
  }
  try {
    const { size } = await handle.stat()
    const headerBytes = safetensorsHeaderBytes(await readAt(0, Math.min(8, size)), size)
    const begin = 8 + headerBytes
    const schema = parseSafetensorsSchema(await readAt(8, headerBytes), size - begin)
    return {
      schema,
      values: countParameters(schema),
      read: async (first, count) => floatsFromBytes(await readAt(begin + 4 * first, 4 * count)),
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}
