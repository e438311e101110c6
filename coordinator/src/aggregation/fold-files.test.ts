import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { AggregationPlan } from '@consilium/study'
import fc from 'fast-check'
import { useStateFolder } from '../testing/state-folder.ts'
import { storeWeights, twoTensors } from '../testing/stored-weights.ts'
import { foldFiles } from './fold-files.ts'
import type { FoldRequest } from './fold-request.ts'

const folder = useStateFolder()

const plans: readonly AggregationPlan[] = [
  { rule: 'fedavg', weighting: 'samples' },
  { rule: 'fedavg', weighting: 'uniform', maxNorm: 3 },
]

/** The file of the model, and what was said of the sites. */
async function fold(request: FoldRequest) {
  const targets = { model: join(folder(), 'model') }
  const { contributions } = await foldFiles(request, targets)
  const model = readFileSync(targets.model)
  rmSync(targets.model)
  return { model, contributions }
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
      const request = { aggregation, stalenessExponent: 0.5, parameters: 5, base }
      const shuffled = [...updates].sort((a, b) => a.key - b.key)
      const one = await fold({ ...request, updates })
      expect(await fold({ ...request, updates: shuffled })).toEqual(one)
    }),
    { numRuns: 8 },
  )
})
