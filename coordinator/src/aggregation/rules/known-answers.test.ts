/**
 * Rules against answers worked out elsewhere: seven points of the plane, the sixth far off, whose aggregates were
 * computed in double precision with NumPy from the papers' formulas; and numbers small enough to check by hand.
 */
import type { AggregationPlan, OptimiserPlan } from '@consilium/study'
import { sgd } from '../../testing/plain-sgd.ts'
import { aggregateVectors } from '../aggregate-vectors.ts'
import { accumulation } from './fednova.ts'
import { krumScores } from './multi-krum.ts'

const seven = [
  [1, 2],
  [1.2, 1.8],
  [0.9, 2.1],
  [1.1, 2.2],
  [0.8, 1.9],
  [10, -10],
  [1.05, 2.05],
]

const geometric = { rule: 'geometric-median', smoothing: 1e-6 } as const
const centred = { rule: 'centred-clipping', radius: 1 } as const
const byzantine = 1

test.each<[AggregationPlan, number[]]>([
  [{ rule: 'fedavg', weighting: 'uniform' }, [2.292857, 0.292857]],
  [{ rule: 'coordinate-median' }, [1.05, 2]],
  [{ rule: 'trimmed-mean', byzantine }, [1.05, 1.97]],
  [{ rule: 'trimmed-mean', byzantine: 2 }, [1.05, 1.983333]],
  [{ rule: 'krum', byzantine }, [1, 2]],
  [{ rule: 'multi-krum', byzantine, selected: 6 }, [1.008333, 2.008333]],
  [{ rule: 'multi-krum', byzantine, selected: 3 }, [0.983333, 2.05]],
  [{ ...geometric, iterations: 3 }, [1.055226, 1.958381]],
  [{ ...geometric, iterations: 100 }, [1, 2]],
  [{ ...centred, iterations: 1 }, [0.484869, 0.663517]],
  [{ ...centred, iterations: 3 }, [1.08076, 1.803119]],
  [{ rule: 'nnm-trimmed-mean', byzantine }, [1.008333, 2.008333]],
  // The median of the norms.
  [{ rule: 'fedavg', weighting: 'uniform', maxNorm: 2.284732 }, [1.082695, 1.465927]],
  [{ rule: 'trimmed-mean', byzantine, maxNorm: 2.284732 }, [1.032663, 1.955407]],
])('%j of seven points', async (plan, [x, y]) => {
  const { model } = await aggregateVectors(plan, seven)
  expect(model).toEqual([expect.closeTo(x!, 5), expect.closeTo(y!, 5)])
})

test('scores of Krum are sums over the n - f - 2 nearest others', () => {
  const distances = new Float64Array(
    seven.flatMap((a) => seven.map((b) => (a[0]! - b[0]!) ** 2 + (a[1]! - b[1]!) ** 2)),
  )
  const scores = krumScores(distances, { n: 7, f: 1 })
  const expected = [0.125, 0.505, 0.145, 0.295, 0.355, 893.235, 0.14]
  scores.forEach((score, i) => {
    expect(score).toBeCloseTo(expected[i]!, 9)
  })
})

test('the median of an even number is the mean of the middle two', async () => {
  const { model } = await aggregateVectors({ rule: 'coordinate-median' }, [[1], [9], [3], [2]])
  expect(model).toEqual([2.5])
})

test('equally good updates are told apart by site id', async () => {
  const { model } = await aggregateVectors({ rule: 'krum', byzantine }, [[1], [2], [3], [4], [5]])
  expect(model).toEqual([2])
})

test('updates are mixed with their nearest neighbours before they are trimmed', async () => {
  // The three nearest to 0, 1 and 2 are {0, 1, 2}, mean 1; to 100 they are {1, 2, 100}, mean 34.3.
  const { model } = await aggregateVectors({ rule: 'nnm-trimmed-mean', byzantine }, [
    [0],
    [1],
    [2],
    [100],
  ])
  expect(model).toEqual([1])
})

test('mixing and trimming with two arbitrary sites', async () => {
  const { model } = await aggregateVectors({ rule: 'nnm-trimmed-mean', byzantine: 2 }, [
    [3.1, -1.2],
    [0.4, 2.7],
    [-2.3, 0.9],
    [1.7, 1.1],
    [5.6, -4.3],
    [-0.8, -3.9],
    [9.2, 7.5],
  ])
  expect(model).toEqual([expect.closeTo(1.293333, 5), expect.closeTo(-0.426667, 5)])
})

test('long lists are trimmed as short ones are', async () => {
  const values = Array.from({ length: 101 }, (_, i) => [(i * 37) % 101])
  const { model } = await aggregateVectors({ rule: 'trimmed-mean', byzantine: 50 }, values)
  expect(model).toEqual([50])
})

test.each<[Partial<OptimiserPlan>, number, number]>([
  [{ momentum: 0 }, 4, 4],
  // Velocities 1 and 1.5.
  [{ momentum: 0.5 }, 2, 2.5],
  // Steps 1 + 0.5 * 1 and 1 + 0.5 * 1.5.
  [{ name: 'sgd-nesterov', momentum: 0.5 }, 2, 3.25],
  [{ name: 'adamw' }, 7, 7],
])('with gradients of 1, %j goes after %i steps as far as %d', (optimiser, steps, length) => {
  expect(accumulation({ ...sgd, ...optimiser } as OptimiserPlan, steps)).toBe(length)
})

test('FedNova takes updates per step', async () => {
  // tau_eff is 2: 2 * (0.5 * 1/1 + 0.5 * 3/3).
  const { model } = await aggregateVectors({ rule: 'fednova', weighting: 'uniform' }, [[1], [3]], {
    facts: [{ steps: 1 }, { steps: 3 }],
  })
  expect(model).toEqual([2])
})

test('FedNova with momentum and unlike sites', async () => {
  // |a| of 3, 5 and 10 steps with momentum 0.9: 5.61, 13.1441 and 41.38105961.
  const { model } = await aggregateVectors(
    { rule: 'fednova', weighting: 'samples' },
    [
      [1, 2],
      [-3, 4],
      [5, -6],
    ],
    {
      facts: [
        { samples: 10, steps: 3 },
        { samples: 20, steps: 5 },
        { samples: 70, steps: 10 },
      ],
      optimiser: { name: 'sgd', learningRate: 1, momentum: 0.9, weightDecay: 0 },
    },
  )
  expect(model).toEqual([expect.closeTo(1.82511681, 5), expect.closeTo(-0.16018071, 5)])
})

test('FedAvg weighs by samples, or all sites the same', async () => {
  const updates = [[4], [0]]
  const facts = [{ samples: 30 }, { samples: 10 }]
  const by = async (weighting: 'samples' | 'uniform') =>
    (await aggregateVectors({ rule: 'fedavg', weighting }, updates, { facts })).model
  expect([await by('samples'), await by('uniform')]).toEqual([[3], [2]])
})

test('a stale update weighs less', async () => {
  const { model } = await aggregateVectors({ rule: 'fedavg', weighting: 'samples' }, [[3], [6]], {
    facts: [{ samples: 10 }, { samples: 10, freshness: 0.5 }],
  })
  expect(model).toEqual([4])
})

const adaptive = { weighting: 'uniform', serverLearningRate: 1, beta1: 0.5, tau: 0.5 } as const

test.each<[AggregationPlan, { state: number[]; model: number }]>([
  // v = 0.25 + 1
  [
    { rule: 'fedadagrad', ...adaptive },
    { state: [0.5, 1.25], model: 0.5 / (Math.sqrt(1.25) + 0.5) },
  ],
  // v = 0.25 + 0.25 * 1
  [
    { rule: 'fedyogi', ...adaptive, beta2: 0.75 },
    { state: [0.5, 0.5], model: 0.5 / (Math.SQRT1_2 + 0.5) },
  ],
  // v = 0.75 * 0.25 + 0.25 * 1
  [
    { rule: 'fedadam', ...adaptive, beta2: 0.75 },
    { state: [0.5, 0.4375], model: 0.5 / (Math.sqrt(0.4375) + 0.5) },
  ],
])('the first step of %j', async (plan, expected) => {
  const { model, state } = await aggregateVectors(plan, [[0], [2]])
  expect(state).toEqual(expected.state)
  expect(model[0]).toBeCloseTo(expected.model, 7)
})

test('momentum at the coordinator adds up from round to round', async () => {
  const plan = {
    rule: 'fedavgm',
    weighting: 'uniform',
    serverLearningRate: 2,
    momentum: 0.5,
  } as const
  const first = await aggregateVectors(plan, [[1, 8]])
  expect(first).toEqual({ model: [2, 16], state: [1, 8] })
  const second = await aggregateVectors(plan, [[1, 0]], { state: first.state })
  expect(second).toEqual({ model: [3, 8], state: [1.5, 4] })
})

const server = { weighting: 'uniform', serverLearningRate: 0.1, beta1: 0.9, tau: 1e-3 } as const

test.each<[AggregationPlan, { model: number[]; state: number[] }]>([
  [
    { rule: 'fedadagrad', ...server },
    { model: [0.02403966, -0.0162267], state: [0.168, 2.562501, -0.0595, 5.015626] },
  ],
  [
    { rule: 'fedyogi', ...server, beta2: 0.99 },
    { model: [0.23745802, -0.16165047], state: [0.168, 0.025626, -0.0595, 0.04984475] },
  ],
  [
    { rule: 'fedadam', ...server, beta2: 0.99 },
    { model: [0.23771069, -0.16194916], state: [0.168, 0.02556997, -0.0595, 0.04926122] },
  ],
  [
    { rule: 'fedavgm', weighting: 'uniform', serverLearningRate: 0.5, momentum: 0.9 },
    { model: [1.19, -1.6975], state: [1.68, -0.595] },
  ],
])('three rounds of %j', async (plan, expected) => {
  const aggregates = [
    [0.5, -2],
    [-0.25, 1],
    [1.5, 0.125],
  ]
  let state: readonly number[] | undefined
  const moved = [0, 0]
  for (const aggregate of aggregates) {
    const next = await aggregateVectors(plan, [aggregate], { ...(state && { state }) })
    next.model.forEach((by, c) => (moved[c]! += by))
    state = next.state
  }
  const near = (values: readonly number[]) => values.map((x): unknown => expect.closeTo(x, 5))
  expect({ model: moved, state }).toEqual({
    model: near(expected.model),
    state: near(expected.state),
  })
})
