/**
 * The one rule by which any image becomes a working image [size, size, channels] of 16-bit values:
 *
 * 1. the largest centred square is cut out;
 * 2. RGB becomes grey by BT.601 luma when one channel is wanted;
 * 3. the intensity window of the image is stretched to 0..65535 and values outside are clamped; padding is black;
 * 4. the square is resampled to size x size (area average down, bilinear up);
 * 5. grey is repeated when three channels are wanted.
 *
 * Any change to this rule, the decoders or the windows changes what a model learns from: raise PIPELINE with it.
 */
import { intensityWindow } from './intensity-window.ts'
import type { RawImage } from './raw-image.ts'
import { resampleSquare } from './resample-square.ts'

/** Recorded with every prepared data set. */
export const PIPELINE = 'working-image-1'

/** Weights of red, green and blue: ITU-R BT.601-7, section 2.5.1. */
const LUMA = [[0.299, 0.587, 0.114]]
const COLOURS = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
]
const GREY = [[1]]

const WHITE = 65535

export interface WorkingShape {
  readonly size: number
  readonly channels: 1 | 3
}

/** size * size * channels values, 0..65535. */
export function toWorkingImage(image: RawImage, { size, channels }: WorkingShape): Uint16Array {
  const side = Math.min(image.width, image.height)
  const planes = centrePlanes(image, side, channels)
  const padding = image.padding && centreCrop(image.padding, image, side)
  stretch(planes, image.scale, padding)
  const small = planes.map((plane) => resampleSquare(plane, side, size))
  const out = new Uint16Array(size * size * channels)
  for (let c = 0; c < channels; c += 1) {
    const plane = small[c] ?? small[0]!
    for (let i = 0; i < plane.length; i += 1) out[i * channels + c] = Math.round(plane[i]! * WHITE)
  }
  return out
}

/** The centred square as float planes: one when the image or the target is grey, otherwise three. */
function centrePlanes(image: RawImage, side: number, channels: 1 | 3): readonly Float32Array[] {
  const mixes = image.channels === 1 ? GREY : channels === 1 ? LUMA : COLOURS
  return mixes.map((weights) => {
    const plane = new Float32Array(side * side)
    eachCentrePixel(image, side, (to, from) => {
      let sum = 0
      for (let c = 0; c < weights.length; c += 1) {
        sum += weights[c]! * image.samples[from * image.channels + c]!
      }
      plane[to] = sum
    })
    return plane
  })
}

function centreCrop(mask: Uint8Array, image: RawImage, side: number): Uint8Array {
  const square = new Uint8Array(side * side)
  eachCentrePixel(image, side, (to, from) => {
    square[to] = mask[from]!
  })
  return square
}

/** Calls `visit` with the index of each pixel in the centred square and its index in the image. */
function eachCentrePixel(
  { width, height }: RawImage,
  side: number,
  visit: (to: number, from: number) => void,
) {
  const left = Math.floor((width - side) / 2)
  const top = Math.floor((height - side) / 2)
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) visit(y * side + x, (top + y) * width + left + x)
  }
}

/** Brings the planes to 0..1 in place. One window serves all planes, so colours keep their hue. */
function stretch(
  planes: readonly Float32Array[],
  scale: RawImage['scale'],
  padding?: Uint8Array,
): void {
  const { low, high } = intensityWindow(visibleValues(planes, padding), scale)
  const span = high - low
  for (const plane of planes) {
    for (let i = 0; i < plane.length; i += 1) {
      const black = span === 0 || (padding !== undefined && padding[i] !== 0)
      plane[i] = black ? 0 : Math.min(1, Math.max(0, (plane[i]! - low) / span))
    }
  }
}

function visibleValues(planes: readonly Float32Array[], padding?: Uint8Array): Float32Array {
  const visible = planes.map((plane) =>
    padding ? plane.filter((_, i) => padding[i] === 0) : plane,
  )
  const all = new Float32Array(visible.reduce((total, { length }) => total + length, 0))
  let offset = 0
  for (const values of visible) {
    all.set(values, offset)
    offset += values.length
  }
  return all
}
