/** Trains a tiny model for a thousand steps and prints what the process holds after 200 and after 1000, as JSON. */
import { tf } from '@consilium/engine'
import { createPretrainer, type Dataset } from '@consilium/learning'
import { initialParameters } from '@consilium/learning/parameters'
import { createStream } from '@consilium/random'
import { tinyPlan } from '../e2e/support/tiny-plan.ts'

const SIZE = 8
const IMAGES = 16

function noise(): Dataset {
  const stream = createStream(1, 'noise')
  return {
    size: SIZE,
    channels: 1,
    pixels: Uint16Array.from({ length: IMAGES * SIZE * SIZE }, () => stream.integer(65536)),
    labels: new Int16Array(IMAGES).fill(-1),
    classes: [],
    splits: new Uint8Array(IMAGES),
  }
}

// Two steps per epoch.
const plan = tinyPlan({ localEpochs: 500 })
const weights = initialParameters(plan)
const pretrainer = await createPretrainer({ plan, site: 'oslo', dataset: noise(), weights })
const held: Record<number, { rssMiB: number; tensors: number }> = {}
await pretrainer.trainRound(1, weights, ({ step }) => {
  if (step === 200 || step === 1000) {
    globalThis.gc!()
    held[step] = {
      rssMiB: process.memoryUsage.rss() / 1024 ** 2,
      tensors: tf.memory().numTensors,
    }
  }
  return Promise.resolve()
})
await pretrainer.dispose()
process.stdout.write(JSON.stringify(held))
