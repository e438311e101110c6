/**
 * Colour changes as in SimCLR's code (brightness multiplies, contrast works around the channel's mean, saturation
 * around the pixel's luma, all clipped to 0..1 after each). They change the image in place.
 */
import { permutation, type Stream } from '@consilium/random'
import type { Image } from './image.ts'
import type { Augmentation } from './presets.ts'

/** ITU-R BT.601 */
const LUMA = [0.299, 0.587, 0.114] as const

type Change = (image: Image, stream: Stream) => void

export function jitterColour(image: Image, augmentation: Augmentation, stream: Stream): void {
  const { brightness, contrast, saturation, hue } = augmentation
  const factor = (strength: number): number =>
    stream.uniform(Math.max(0, 1 - strength), 1 + strength)
  const changes: Change[] = [
    (i) => {
      scaleAround(i, 0, factor(brightness))
    },
    (i) => {
      changeContrast(i, factor(contrast))
    },
  ]
  if (image.channels === 3 && saturation > 0)
    changes.push((i) => {
      saturate(i, factor(saturation))
    })
  if (image.channels === 3 && hue > 0)
    changes.push((i) => {
      shiftHue(i, stream.uniform(-hue, hue))
    })
  for (const index of permutation(stream, changes.length)) changes[index]!(image, stream)
}

/** Every pixel of a 3-channel image replaced by its luma. */
export function toGrey(image: Image): void {
  if (image.channels === 3) saturate(image, 0)
}

const clip = (x: number): number => Math.min(1, Math.max(0, x))

function scaleAround({ data }: Image, pivot: number, factor: number): void {
  for (let i = 0; i < data.length; i += 1) data[i] = clip(pivot + (data[i]! - pivot) * factor)
}

function changeContrast({ data, channels }: Image, factor: number): void {
  for (let c = 0; c < channels; c += 1) {
    let sum = 0
    for (let i = c; i < data.length; i += channels) sum += data[i]!
    const mean = (sum * channels) / data.length
    for (let i = c; i < data.length; i += channels)
      data[i] = clip(mean + (data[i]! - mean) * factor)
  }
}

function saturate({ data }: Image, factor: number): void {
  for (let i = 0; i < data.length; i += 3) {
    const luma = LUMA[0] * data[i]! + LUMA[1] * data[i + 1]! + LUMA[2] * data[i + 2]!
    for (let c = 0; c < 3; c += 1) data[i + c] = clip(luma + (data[i + c]! - luma) * factor)
  }
}

/** Rotates the colour around the grey axis by `turns` of the circle (YIQ rotation, as in the usual fast hue shift). */
function shiftHue({ data }: Image, turns: number): void {
  const [sin, cos] = [Math.sin(turns * 2 * Math.PI), Math.cos(turns * 2 * Math.PI)]
  for (let p = 0; p < data.length; p += 3) {
    const [r, g, b] = [data[p]!, data[p + 1]!, data[p + 2]!]
    const y = LUMA[0] * r + LUMA[1] * g + LUMA[2] * b
    const i = 0.5959 * r - 0.2746 * g - 0.3213 * b
    const q = 0.2115 * r - 0.5227 * g + 0.3112 * b
    const [i2, q2] = [i * cos - q * sin, i * sin + q * cos]
    data[p] = clip(y + 0.956 * i2 + 0.619 * q2)
    data[p + 1] = clip(y - 0.272 * i2 - 0.647 * q2)
    data[p + 2] = clip(y - 1.106 * i2 + 1.703 * q2)
  }
}
