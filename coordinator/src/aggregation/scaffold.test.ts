/** Sites whose optima differ: where federated averaging ends up beside the common optimum, SCAFFOLD finds it. */
import { nextControl, reachOf } from '@consilium/learning/control-variate'
import type { AggregationPlan, OptimiserPlan } from '@consilium/study'
import { decodePacked, encodePacked, readFrom, type PackedFormat } from '@consilium/weights'
import { ofRateOne } from '../testing/plain-sgd.ts'
import { aggregateVectors } from './aggregate-vectors.ts'

/** Loss of a site in every coordinate x: curvature / 2 (x - optimum)^2. */
interface Quadratic {
  readonly curvature: number
  readonly optimum: number
  readonly steps: number
}

const COORDINATES = 32
const gentle: Quadratic = { curvature: 1, optimum: -1, steps: 10 }
const steep: Quadratic = { curvature: 4, optimum: 1, steps: 10 }
/** Of the mean loss: (-1 + 4) / (1 + 4). */
const OPTIMUM = 0.6

const sgd = { name: 'sgd', learningRate: 0.05, momentum: 0, weightDecay: 0 } as const
const fedavg: AggregationPlan = { rule: 'fedavg', weighting: 'uniform' }
const scaffold: AggregationPlan = { rule: 'scaffold', serverLearningRate: 1 }

interface Federation {
  readonly aggregation: AggregationPlan
  readonly sites: readonly Quadratic[]
  readonly rounds: number
  readonly optimiser?: Extract<OptimiserPlan, { name: 'sgd' | 'sgd-nesterov' }>
  readonly takesPart?: (site: number, round: number) => boolean
  readonly format?: PackedFormat
}

/** How far from `OPTIMUM` the model ends, at most. */
async function distanceAfter({
  aggregation,
  sites,
  rounds,
  optimiser = sgd,
  takesPart = () => true,
  format,
}: Federation): Promise<number> {
  const own: Float32Array[] = sites.map(() => new Float32Array(COORDINATES))
  let model: Float32Array = new Float32Array(COORDINATES)
  let control = new Float32Array(COORDINATES)
  for (let round = 1; round <= rounds; round += 1) {
    const taking = sites.map((_, i) => i).filter((i) => takesPart(i, round))
    const updates: Float32Array[] = []
    for (const i of taking) {
      const correction =
        aggregation.rule === 'scaffold' ? own[i]!.map((c, k) => control[k]! - c) : undefined
      const delta = await sent(train(sites[i]!, model, { optimiser, correction }), format)
      const { steps } = sites[i]!
      const reach = reachOf({ optimiser, schedule: ofRateOne }, { round, steps })
      own[i] = nextControl({ global: control, own: own[i]!, delta }, reach)
      updates.push(delta)
    }
    const next = await aggregateVectors(aggregation, updates, {
      facts: taking.map((i) => ({ steps: sites[i]!.steps })),
      control: { sites: sites.length, round, schedule: ofRateOne },
      ...(aggregation.rule === 'scaffold' && { state: control }),
      optimiser,
    })
    model = model.map((x, k) => x + next.model[k]!)
    control = Float32Array.from(next.state)
  }
  return model.reduce((most, x) => Math.max(most, Math.abs(x - OPTIMUM)), 0)
}

interface Training {
  readonly optimiser: NonNullable<Federation['optimiser']>
  readonly correction: Float32Array | undefined
}

/** What the site's steps of gradient descent change. */
function train(
  { curvature, optimum, steps }: Quadratic,
  model: Float32Array,
  { optimiser: { name, learningRate, momentum }, correction }: Training,
): Float32Array {
  return model.map((start, k) => {
    let [x, velocity] = [start, 0]
    for (let step = 0; step < steps; step += 1) {
      const gradient = curvature * (x - optimum) + (correction?.[k] ?? 0)
      velocity = momentum * velocity + gradient
      x -= learningRate * (name === 'sgd' ? velocity : gradient + momentum * velocity)
    }
    return x - start
  })
}

async function sent(delta: Float32Array, format?: PackedFormat): Promise<Float32Array> {
  if (format === undefined) return delta
  const bytes = await encodePacked(delta, format)
  const packed = { bytes: bytes.length, format, values: delta.length }
  return Float32Array.from([...decodePacked(readFrom(bytes), packed)].flatMap((one) => [...one]))
}

const sites = [gentle, steep]

test('federated averaging ends where its sites pull equally hard, which is known', async () => {
  const share = ({ curvature, steps }: Quadratic) => 1 - (1 - 0.05 * curvature) ** steps
  const [a, b] = [share(gentle), share(steep)]
  const drifted = (b - a) / (a + b)
  expect(OPTIMUM - drifted).toBeGreaterThan(0.2)
  const distance = await distanceAfter({ aggregation: fedavg, sites, rounds: 30 })
  expect(distance).toBeCloseTo(OPTIMUM - drifted, 5)
})

test('SCAFFOLD finds the common optimum', async () => {
  expect(await distanceAfter({ aggregation: scaffold, sites, rounds: 40 })).toBeLessThan(1e-5)
})

test.each<[string, Partial<Federation>]>([
  ['unlike numbers of steps', { sites: [gentle, { ...steep, steps: 3 }] }],
  ['momentum', { optimiser: { ...sgd, learningRate: 0.02, momentum: 0.5 } }],
  [
    "Nesterov's momentum",
    { optimiser: { ...sgd, learningRate: 0.02, momentum: 0.5, name: 'sgd-nesterov' } },
  ],
  [
    'half of the sites in turn',
    {
      sites: [gentle, gentle, steep, steep],
      takesPart: (site: number, round: number) => site % 2 === round % 2,
      rounds: 300,
    },
  ],
  ['float16', { format: { format: 'float16' } }],
  ['int8', { format: { format: 'int8', block: 16 } }],
])('with %s too', async (_, setting) => {
  const federation = { aggregation: scaffold, sites, rounds: 100, ...setting }
  expect(await distanceAfter(federation)).toBeLessThan(1e-3)
})
