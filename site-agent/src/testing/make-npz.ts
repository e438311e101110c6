import { zipSync } from 'fflate'

export interface ArrayToWrite {
  readonly shape: readonly number[]
  /** numpy's name, such as `|u1`. */
  readonly dtype: string
  readonly data: ArrayBufferView
}

export const bytesArray = (shape: readonly number[], values: readonly number[]): ArrayToWrite => ({
  shape,
  dtype: '|u1',
  data: Uint8Array.from(values),
})

export function makeNpz(arrays: Readonly<Record<string, ArrayToWrite>>): Uint8Array {
  return zipSync(
    Object.fromEntries(
      Object.entries(arrays).map(([name, array]) => [`${name}.npy`, makeNpy(array)]),
    ),
  )
}

export function makeNpy({ shape, dtype, data }: ArrayToWrite, fortran = 'False'): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]!},` : shape.join(', ')
  const text = `{'descr': '${dtype}', 'fortran_order': ${fortran}, 'shape': (${tuple}), }`
  const header = Buffer.from(text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n')
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, header, body])
}
