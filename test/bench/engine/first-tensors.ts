/** What both sides of a row start from: a pure function of the row. */
import { initialParameters } from '@consilium/learning/parameters'
import { createStream } from '@consilium/random'
import type { NamedArrays } from '@consilium/weights'
import { planOf, type StepShape } from './row.ts'

const SEED = 1
const MAX_WAVES = 2
const NOISE = 0.2

export const firstWeights = (row: StepShape): NamedArrays => initialParameters(planOf(row))

/**
 * Views [2N, size, size, channels] in 0..1, all first ones before all second ones: every image a wave of its own in each
 * channel, every view of it with its own noise. Images of nothing but noise would have nearly the same features.
 */
export function firstViews({ size, views, model }: StepShape): Float32Array {
  const images = views / 2
  const { channels } = model
  const data = new Float32Array(views * size * size * channels)
  let i = 0
  for (let view = 0; view < views; view += 1) {
    const noise = createStream(SEED, 'bench', 'view', view)
    const waves = Array.from({ length: channels }, (_, channel) =>
      waveOf(view % images, channel, size),
    )
    for (let y = 0; y < size; y += 1) {
      for (let x = 0; x < size; x += 1) {
        for (const wave of waves) {
          data[i] = (1 - NOISE) * wave(x, y) + NOISE * noise.uniform()
          i += 1
        }
      }
    }
  }
  return data
}

/** A plane wave with values 0..1. */
function waveOf(image: number, channel: number, size: number): (x: number, y: number) => number {
  const stream = createStream(SEED, 'bench', 'image', image, channel)
  const perPixel = (2 * Math.PI * MAX_WAVES) / size
  const [dx, dy] = [stream.uniform(0, perPixel), stream.uniform(0, perPixel)]
  const phase = stream.uniform(0, 2 * Math.PI)
  return (x, y) => (1 + Math.sin(dx * x + dy * y + phase)) / 2
}
