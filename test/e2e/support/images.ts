/** Images as hospitals have them, each of random pixels under its own seed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createStream } from '@consilium/random'
import { zipSync } from 'fflate'
import sharp from 'sharp'

export type Format = 'png' | 'png16' | 'jpeg' | 'rgb png'

export interface ImageChoice {
  readonly format?: Format
  readonly width?: number
  readonly height?: number
}

export function makeImage(
  seed: number,
  { format = 'png', width = 16, height = width }: ImageChoice = {},
): Promise<Buffer> {
  const channels = format === 'rgb png' || format === 'jpeg' ? 3 : 1
  const raw = { width, height, channels } as const
  const values = randomValues(seed, width * height * channels, format === 'png16' ? 65_536 : 256)
  if (format === 'png16') {
    return sharp(Uint16Array.from(values), { raw }).toColourspace('grey16').png().toBuffer()
  }
  const image = sharp(Uint8Array.from(values), { raw })
  if (format === 'jpeg') return image.jpeg({ quality: 95 }).toBuffer()
  return image
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer()
}

/** `count` images by turns in the folders of two classes. Answers with the folder. */
export async function writeImages(
  folder: string,
  count: number,
  choice: ImageChoice & { readonly seed?: number } = {},
): Promise<string> {
  for (let i = 0; i < count; i += 1) {
    const name = join(
      i % 2 === 0 ? 'clear' : 'ill',
      `${i}.${choice.format === 'jpeg' ? 'jpg' : 'png'}`,
    )
    writeFile(join(folder, name), await makeImage(1000 * (choice.seed ?? 1) + i, choice))
  }
  return folder
}

export function writeFile(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** A MedMNIST-like file of 8-bit grey images, two classes, three splits. */
export function makeNpz(count: number, size = 16): Uint8Array {
  const splits = { train: count, val: 4, test: 8 }
  const arrays = Object.entries(splits).flatMap(([split, n], i) => [
    [`${split}_images.npy`, makeNpy([n, size, size], randomValues(i, n * size * size, 256))],
    [
      `${split}_labels.npy`,
      makeNpy(
        [n, 1],
        Array.from({ length: n }, (_, j) => j % 2),
      ),
    ],
  ])
  return zipSync(Object.fromEntries(arrays) as Record<string, Uint8Array>)
}

/** Bytes as a NumPy array, format version 1.0. */
function makeNpy(shape: readonly number[], values: readonly number[]): Uint8Array {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`
  const header = Buffer.from(`${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  const magic = Buffer.from('\x93NUMPY\x01\x00', 'latin1')
  return Buffer.concat([magic, length, header, Uint8Array.from(values)])
}

function randomValues(seed: number, count: number, levels: number): number[] {
  const stream = createStream(seed, 'pixels')
  return Array.from({ length: count }, () => stream.integer(levels))
}
