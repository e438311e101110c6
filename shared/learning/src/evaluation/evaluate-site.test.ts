import { initialParameters } from '../parameters.ts'
import { stripes } from '../testing/stripes.ts'
import { tinyPlan } from '../testing/tiny-plan.ts'
import { evaluateSite, type EvaluationProgress } from './evaluate-site.ts'
import { embedDataset } from './embed-dataset.ts'
import { trainAlone } from './train-alone.ts'

const plan = tinyPlan({ schedule: { rounds: 2, localEpochs: 1, batch: 16, warmup: 0.1 } })

test('a site is measured on its own held-out images, at every label fraction, for every backbone', async () => {
  const dataset = stripes({ images: 90, unlabelled: 6 })
  const progress: EvaluationProgress[] = []
  const result = await evaluateSite({
    plan,
    site: 'a',
    dataset,
    federated: initialParameters(plan),
    alone: true,
    fineTuneSteps: 20,
    onProgress: (p) => {
      progress.push(p)
      return Promise.resolve()
    },
  })
  expect(result).toMatchObject({
    name: 'a',
    images: 60,
    heldOut: 30,
    classes: ['vertical', 'horizontal'],
  })
  expect(Object.keys(result.probe)).toEqual(['1', '0.01', '0.1'])
  for (const at of Object.values(result.probe)) {
    expect(at.federated).toEqual(at.untrained) // the same weights were given
    const { auc, ci, replicates } = at.local!
    expect(replicates.length).toBe(1000)
    expect(ci[0]).toBeLessThanOrEqual(auc)
    expect(auc).toBeLessThanOrEqual(ci[1])
  }
  expect(result.fineTune['1']!.scratch).toBeGreaterThan(0.9)
  expect(new Set(progress.map(({ phase }) => phase))).toEqual(
    new Set(['local', 'embed', 'probe', 'fine-tune']),
  )
  expect(progress.filter(({ phase }) => phase === 'fine-tune').at(-1)).toMatchObject({
    done: 120,
    total: 120,
  })
}, 60_000)

test('features do not depend on the other images of the data set', async () => {
  const whole = stripes({ images: 70 })
  const part = {
    ...whole,
    pixels: whole.pixels.slice(0, 3 * 64),
    labels: whole.labels.slice(0, 3),
    splits: whole.splits.slice(0, 3),
  }
  const weights = initialParameters(plan)
  const [a, b] = [
    await embedDataset({ model: plan.model, weights, dataset: whole }),
    await embedDataset({ model: plan.model, weights, dataset: part }),
  ]
  expect([...b.values]).toEqual([...a.values.slice(0, b.values.length)])
})

test('training alone takes as many steps as the study', async () => {
  const steps: string[] = []
  await trainAlone({
    plan,
    site: 'a',
    dataset: stripes({ images: 60 }),
    onStep: (done, total) => {
      steps.push(`${done}/${total}`)
      return Promise.resolve()
    },
  })
  expect(steps).toEqual(['1/4', '2/4', '3/4', '4/4'])
})
