import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createStream } from '@consilium/random'
import { decodeSafetensors } from '@consilium/weights'
import type { AggregationPlan } from '@consilium/study'
import fc from 'fast-check'
import { useStateFolder } from '../testing/state-folder.ts'
import { ofRateOne, sgd } from '../testing/plain-sgd.ts'
import { storeWeights, twoTensors } from '../testing/stored-weights.ts'
import { foldFiles } from './fold-files.ts'
import type { Reading } from './blocks/block-reader.ts'
import type { FoldRequest } from './fold-request.ts'
import { TILE } from './kernels/tile.ts'

const folder = useStateFolder()

const weighting = 'uniform'
const byzantine = 1
const adaptive = { weighting, serverLearningRate: 0.1, beta1: 0.9, tau: 1e-3 } as const

const control = { sites: 9, round: 1, schedule: ofRateOne }

const plans: readonly AggregationPlan[] = [
  { rule: 'fedavg', weighting: 'samples' },
  { rule: 'fedavgm', weighting: 'samples', serverLearningRate: 1, momentum: 0.9 },
  { rule: 'fedadam', ...adaptive, beta2: 0.99 },
  { rule: 'fedyogi', ...adaptive, beta2: 0.99 },
  { rule: 'fedadagrad', ...adaptive },
  { rule: 'fednova', weighting },
  { rule: 'scaffold', serverLearningRate: 1 },
  { rule: 'coordinate-median' },
  { rule: 'trimmed-mean', byzantine },
  { rule: 'krum', byzantine },
  { rule: 'multi-krum', byzantine, selected: 2 },
  { rule: 'geometric-median', iterations: 3, smoothing: 1e-6 },
  { rule: 'centred-clipping', radius: 5, iterations: 3 },
  { rule: 'nnm-trimmed-mean', byzantine },
  { rule: 'fedavg', weighting, maxNorm: 3 },
  { rule: 'trimmed-mean', byzantine, maxNorm: 3 },
]

/** The file of the model, and what was said of the sites. */
async function fold(request: FoldRequest, reading?: Reading) {
  const targets = { model: join(folder(), 'model'), state: join(folder(), 'state') }
  const { contributions, state } = await foldFiles(request, targets, reading)
  const model = readFileSync(targets.model)
  for (const path of Object.values(targets)) rmSync(path, { force: true })
  return { model, state: state?.sha256, contributions }
}

test.each(plans)('$rule: the order of arrival changes no bit', async (aggregation) => {
  const values = fc.array(fc.float({ noNaN: true, min: -10, max: 10 }), {
    minLength: 5,
    maxLength: 5,
  })
  const claims = fc.record({
    values,
    samples: fc.integer({ min: 1, max: 1e9 }),
    steps: fc.integer({ min: 0, max: 1000 }),
    staleness: fc.integer({ min: 0, max: 5 }),
    key: fc.float({ noNaN: true }),
  })
  const sites = fc.array(claims, { minLength: 5, maxLength: 7 })
  await fc.assert(
    fc.asyncProperty(sites, async (cohort) => {
      const base = storeWeights(folder(), 'base', {
        arrays: twoTensors([0.1, 0.2, 0.3], [0.4, 0.5]),
      })
      const updates = cohort.map(({ values: v, ...facts }, i) => ({
        ...facts,
        site: `site-${i}`,
        ...storeWeights(folder(), `site-${i}`, {
          arrays: twoTensors(v.slice(0, 3), v.slice(3)),
          metadata: { agent: 'x'.repeat(i) },
        }),
      }))
      const common = { optimiser: sgd, stalenessExponent: 0.5, parameters: 5, control }
      const request = { aggregation, ...common, base }
      const shuffled = [...updates].sort((a, b) => a.key - b.key)
      const one = await fold({ ...request, updates })
      expect(await fold({ ...request, updates: shuffled })).toEqual(one)
    }),
    { numRuns: 2 },
  )
})

test.each(plans)(
  '$rule: the size of blocks and the number of threads change no bit',
  async (plan) => {
    const parameters = 2 * TILE + 1000
    const stream = createStream(1, plan.rule)
    const draw = () => Array.from({ length: parameters }, () => stream.normal())
    const request = {
      aggregation: plan,
      ...{ optimiser: sgd, stalenessExponent: 0, parameters, control },
      base: store('base', draw()),
      updates: Array.from({ length: 6 }, (_, i) => ({
        ...{ site: `site-${i}`, samples: 10 + i, steps: 5 + i },
        ...store(`site-${i}`, draw()),
      })),
    }
    const one = await fold(request, { parameters: TILE, threads: 1 })
    expect(await fold(request, { parameters: 2 * TILE, threads: 2 })).toEqual(one)
  },
)

const store = (name: string, values: readonly number[]) =>
  storeWeights(folder(), name, {
    arrays: new Map([['w', { shape: [values.length], data: new Float32Array(values) }]]),
  })

test('SCAFFOLD moves its control variate by the share of the sites that took part', async () => {
  const updates = [
    { site: 'x', samples: 1, steps: 1, ...store('x', [2]) },
    { site: 'y', samples: 9, steps: 2, ...store('y', [4]) },
  ]
  const targets = { model: join(folder(), 'model'), state: join(folder(), 'state') }
  const request = {
    aggregation: { rule: 'scaffold', serverLearningRate: 0.5, maxNorm: 2 },
    ...{ optimiser: sgd, stalenessExponent: 0, parameters: 1, updates },
    ...{ base: store('base', [1]), control: { sites: 4, round: 1, schedule: ofRateOne } },
  } as const
  const fold = async (state?: FoldRequest['state']): Promise<number[]> => {
    await foldFiles({ ...request, ...(state && { state }) }, targets)
    const files = Object.values(targets).map((path) => readFileSync(path))
    for (const path of Object.values(targets)) rmSync(path)
    return files.flatMap((file) => [...decodeSafetensors(file).arrays.get('w')!.data])
  }
  // The model goes to 1 + 0.5 * mean(2, 2), as both have the norm 2 at most; c changes by -c - update / steps, over 4 sites.
  expect(await fold()).toEqual([2, -(2 + 4 / 2) / 4])
  expect(await fold(store('control', [3]))).toEqual([2, 3 - (3 + 2 + 3 + 4 / 2) / 4])
})

test('moments are kept beside each other, under the names of their parameters', async () => {
  const targets = { model: join(folder(), 'model'), state: join(folder(), 'state') }
  await foldFiles(
    {
      aggregation: { rule: 'fedadagrad', weighting, serverLearningRate: 1, beta1: 0.5, tau: 0.5 },
      ...{ optimiser: sgd, stalenessExponent: 0, parameters: 2 },
      base: store('base', [0, 0]),
      updates: [{ site: 'x', samples: 1, steps: 1, ...store('x', [1, 2]) }],
    },
    targets,
  )
  expect(decodeSafetensors(readFileSync(targets.state)).arrays.get('w')).toEqual({
    shape: [2, 2],
    data: new Float32Array([0.5, 1.25, 1, 4.25]),
  })
})
