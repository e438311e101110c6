/** Pictures of what the training sees: some of a site's images, and below each of them two of its views. */
import { augmentationPresets, augmentView, imageOfDataset, indicesOf } from '@consilium/learning'
import { createStream } from '@consilium/random'
import { readDataset, statePaths } from '@consilium/site-agent'
import type { StudyPlan } from '@consilium/study'
import sharp from 'sharp'

const IMAGES = 12
const ROWS = 3

/** A PNG of the site whose state is in `folder`. The images stay on this machine: it is for the local report. */
export async function exampleViews(folder: string, plan: StudyPlan): Promise<Uint8Array> {
  const dataset = await readDataset(statePaths(folder).dataset)
  const { size, channels } = dataset
  const shown = indicesOf(dataset, 'train').subarray(0, IMAGES)
  const width = shown.length * size
  const strip = new Uint8Array(width * ROWS * size * channels)
  shown.forEach((index, column) => {
    const image = imageOfDataset(dataset, index)
    for (let row = 0; row < ROWS; row += 1) {
      const stream = createStream(plan.seed, 'example-views', column, row)
      const view =
        row === 0 ? image : augmentView(image, augmentationPresets[plan.data.preset], stream)
      for (let y = 0; y < size; y += 1) {
        const line = view.data.subarray(y * size * channels, (y + 1) * size * channels)
        const start = ((row * size + y) * width + column * size) * channels
        strip.set(
          line.map((x) => Math.round(255 * x)),
          start,
        )
      }
    }
  })
  return sharp(strip, { raw: { width, height: ROWS * size, channels } })
    .png()
    .toBuffer()
}
