/** Views per second of whole SimCLR steps of the demo's model, on one thread: `npm run bench`. */
import { createPretrainer, type Dataset } from '@consilium/learning'
import { initialParameters } from '@consilium/learning/parameters'
import { createStream } from '@consilium/random'
import { createDemoPlan, fullScale } from '../demo/demo-plan.ts'

const WARM_UP_ROUNDS = 1
const ROUNDS = 3
const STEPS_PER_ROUND = 4
const VIEWS = 2

const plan = createDemoPlan(fullScale.study, 1)
const images = plan.schedule.batch * STEPS_PER_ROUND
const weights = initialParameters(plan)
const pretrainer = await createPretrainer({ plan, site: 'bench', dataset: noise(), weights })
const rates: number[] = []
for (let round = 1; round <= WARM_UP_ROUNDS + ROUNDS; round += 1) {
  const startedAt = performance.now()
  await pretrainer.trainRound(round, weights, () => Promise.resolve())
  const seconds = (performance.now() - startedAt) / 1000
  if (round > WARM_UP_ROUNDS) rates.push((VIEWS * images) / seconds)
}
await pretrainer.dispose()
rates.sort((a, b) => a - b)
const [slowest, median, fastest] = rates.map((rate) => rate.toFixed(0))
process.stdout.write(
  `SimCLR step, tiny, ${plan.data.size} px, batch ${plan.schedule.batch}, 1 thread: ${median!} views/s (${slowest!} to ${fastest!})\n`,
)

function noise(): Dataset {
  const { size } = plan.data
  const stream = createStream(1, 'bench')
  return {
    size,
    channels: 1,
    pixels: Uint16Array.from({ length: images * size * size }, () => stream.integer(65536)),
    labels: new Int16Array(images).fill(-1),
    classes: [],
    splits: new Uint8Array(images),
  }
}
