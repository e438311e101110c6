import type { Split } from '@consilium/learning'
import { NpzContentError } from '../errors.ts'
import type { NpyArray, NpyData } from './parse-npy.ts'
import type { RawImage } from './raw-image.ts'

/** An official split: its name in the file and ours. */
export interface NpzSplit {
  readonly key: 'train' | 'val' | 'test'
  readonly split: Split
}

const MAX_CLASSES = 1000

/** One image of the file, not yet copied out of it. */
export interface NpzRow {
  readonly key: string
  readonly index: number
  readonly split: Split
  readonly label: number
  readonly site: number | undefined
  readonly images: NpyArray
}

/** Every image of one official split. Throws NPZ_CONTENT. */
export function npzRows(
  file: string,
  arrays: ReadonlyMap<string, NpyArray>,
  { key, split }: NpzSplit,
): readonly NpzRow[] {
  const images = arrays.get(`${key}_images`)
  if (images === undefined) {
    if (key === 'train')
      throw new NpzContentError({ path: file, problem: 'there is no train_images' })
    return []
  }
  assertImages(file, key, images)
  const count = images.shape[0]!
  const labels = numbersOf(file, `${key}_labels`, arrays, count)
  const sites = numbersOf(file, `${key}_sites`, arrays, count)
  return Array.from({ length: count }, (_, index) => ({
    key,
    index,
    split,
    label: labels?.[index] ?? -1,
    site: sites?.[index],
    images,
  }))
}

function assertImages(file: string, key: string, { shape }: NpyArray): void {
  const [, height = 0, width = 0, channels = 1] = shape
  const flat = shape.length === 3 || (shape.length === 4 && (channels === 1 || channels === 3))
  if (!flat || height < 1 || width < 1) {
    throw new NpzContentError({
      path: file,
      problem: `${key}_images has shape [${shape.join(', ')}]`,
    })
  }
}

/** A column of small whole numbers, one per image; -1 and below become -1. Undefined if the array is not there. */
function numbersOf(
  file: string,
  name: string,
  arrays: ReadonlyMap<string, NpyArray>,
  count: number,
): readonly number[] | undefined {
  const array = arrays.get(name)
  if (array === undefined) return undefined
  const [rows, columns = 1] = array.shape
  if (rows !== count || columns !== 1 || array.shape.length > 2) {
    throw new NpzContentError({
      path: file,
      problem: `${name} has shape [${array.shape.join(', ')}] for ${count} images; several labels per image are not read`,
    })
  }
  const numbers = Array.from<number | bigint, number>(array.data, Number)
  const wrong = numbers.find((x) => !Number.isInteger(x) || x >= MAX_CLASSES)
  if (wrong !== undefined) {
    throw new NpzContentError({
      path: file,
      problem: `${name} holds ${wrong}, expected whole numbers below ${MAX_CLASSES}`,
    })
  }
  return numbers.map((x) => Math.max(-1, x))
}

export function rawImageOf({ images, index }: NpzRow): RawImage {
  const [, height, width, channels] = images.shape as [number, number, number, (1 | 3)?]
  const length = height * width * (channels ?? 1)
  const samples = samplesOf(images.data, index * length, length)
  return {
    width,
    height,
    channels: channels ?? 1,
    samples,
    scale: images.data instanceof Uint8Array ? 'bytes' : 'values',
  }
}

function samplesOf(data: NpyData, start: number, length: number): RawImage['samples'] {
  if (data instanceof Uint8Array || data instanceof Uint16Array || data instanceof Float32Array) {
    return data.subarray(start, start + length)
  }
  return Float32Array.from<number | bigint>(data.subarray(start, start + length), Number)
}

/** For the preflight report. */
export function formatOf({ images: { shape, data } }: NpzRow): string {
  const depth = data instanceof Float32Array ? 'float' : `${8 * data.BYTES_PER_ELEMENT}-bit`
  return `NPZ, ${shape[3] === 3 ? 'RGB' : 'grey'}, ${depth}`
}
