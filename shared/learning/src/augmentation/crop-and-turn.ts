/**
 * Random resized crop, rotation, flips and quarter turns as one resampling, so that an image is interpolated once.
 * Bilinear; what lies outside the image repeats its edge.
 */
import type { Stream } from '@consilium/random'
import type { Image } from './image.ts'
import { CROP_ASPECT, type Augmentation } from './presets.ts'

/** Source position of output position (x, y), both in 0..1 with (0, 0) the upper left corner. */
interface Mapping {
  readonly centreX: number
  readonly centreY: number
  readonly xx: number
  readonly xy: number
  readonly yx: number
  readonly yy: number
}

export function cropAndTurn(image: Image, augmentation: Augmentation, stream: Stream): Image {
  return resample(image, drawMapping(augmentation, stream))
}

function drawMapping(augmentation: Augmentation, stream: Stream): Mapping {
  const area = stream.uniform(...augmentation.cropArea)
  const aspect = Math.exp(stream.uniform(Math.log(CROP_ASPECT[0]), Math.log(CROP_ASPECT[1])))
  const width = Math.min(1, Math.sqrt(area * aspect))
  const height = Math.min(1, Math.sqrt(area / aspect))
  const centreX = stream.uniform(width / 2, 1 - width / 2)
  const centreY = stream.uniform(height / 2, 1 - height / 2)
  const turns = augmentation.quarterTurns ? stream.integer(4) : 0
  const degrees = stream.uniform(-augmentation.maxRotation, augmentation.maxRotation) + 90 * turns
  const flipX = stream.chance(augmentation.horizontalFlip) ? -1 : 1
  const flipY = stream.chance(augmentation.verticalFlip) ? -1 : 1
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)]
  return {
    centreX,
    centreY,
    xx: cos * width * flipX,
    xy: -sin * width * flipY,
    yx: sin * height * flipX,
    yy: cos * height * flipY,
  }
}

function resample({ size, channels, data }: Image, m: Mapping): Image {
  const out = new Float32Array(data.length)
  const last = size - 1
  for (let row = 0; row < size; row += 1) {
    const v = (row + 0.5) / size - 0.5
    for (let column = 0; column < size; column += 1) {
      const u = (column + 0.5) / size - 0.5
      const x = Math.min(last, Math.max(0, (m.centreX + u * m.xx + v * m.xy) * size - 0.5))
      const y = Math.min(last, Math.max(0, (m.centreY + u * m.yx + v * m.yy) * size - 0.5))
      const x0 = Math.floor(x)
      const y0 = Math.floor(y)
      const fx = x - x0
      const fy = y - y0
      const right = x0 < last ? channels : 0
      const corner = (y0 * size + x0) * channels
      const below = corner + (y0 < last ? size * channels : 0)
      const target = (row * size + column) * channels
      for (let c = 0; c < channels; c += 1) {
        const top = data[corner + c]! * (1 - fx) + data[corner + right + c]! * fx
        const bottom = data[below + c]! * (1 - fx) + data[below + right + c]! * fx
        out[target + c] = top * (1 - fy) + bottom * fy
      }
    }
  }
  return { size, channels, data: out }
}
