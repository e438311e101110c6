/** A safetensors file read in pieces, as one vector in the order of its values. */
import { open } from 'node:fs/promises'
import {
  bytesOfFloats,
  countParameters,
  parseSafetensorsSchema,
  safetensorsHeaderBytes,
  WeightsFormatError,
  type Schema,
} from '@consilium/weights'

export interface WeightsFile {
  /** In the order of the values. */
  readonly schema: Schema
  readonly values: number
  /** Fills `values` from the `first` on. */
  readInto(values: Float32Array, first: number): Promise<void>
  close(): Promise<void>
}

/** Throws WEIGHTS_FORMAT. */
export async function openWeightsFile(path: string): Promise<WeightsFile> {
  const handle = await open(path, 'r')
  const fill = async (bytes: Uint8Array, position: number): Promise<Uint8Array> => {
    const { length } = bytes
    for (let done = 0; done < length;) {
      const { bytesRead } = await handle.read(bytes, done, length - done, position + done)
      if (bytesRead === 0) throw new WeightsFormatError(`it ends ${length - done} bytes too early`)
      done += bytesRead
    }
    return bytes
  }
  const readAt = (position: number, count: number): Promise<Uint8Array> =>
    fill(new Uint8Array(count), position)
  try {
    const { size } = await handle.stat()
    const headerBytes = safetensorsHeaderBytes(await readAt(0, Math.min(8, size)), size)
    const begin = 8 + headerBytes
    const schema = parseSafetensorsSchema(await readAt(8, headerBytes), size - begin)
    return {
      schema,
      values: countParameters(schema),
      async readInto(values, first) {
        await fill(bytesOfFloats(values), begin + 4 * first)
      },
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}
