import { compile, type Program, type TensorFlow } from '@consilium/engine'
import { modelPresets, parsePlan, type StudyPlan } from '@consilium/study'
import { selectArrays, sizeOf } from '@consilium/weights'
import { featureSize, initialParameters, parameterShapes } from '../parameters.ts'
import { backbone } from './backbone.ts'

const planFor = (model: StudyPlan['model']): StudyPlan =>
  parsePlan({
    schema: 1,
    name: 'test',
    seed: 1,
    model,
    data: { size: 32, preset: 'xray' },
    objective: { name: 'simclr', temperature: 0.2, projector: { hidden: 8, output: 4 } },
    optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 0 },
    schedule: { rounds: 1, localEpochs: 1, batch: 4, warmup: 0 },
    cohort: { sites: 1, quorum: 1, deadlineSeconds: 1 },
  })

const backboneOf = (model: StudyPlan['model']) =>
  selectArrays(initialParameters(planFor(model)), (name) => name.startsWith('backbone/'))

// Parameters and tensors of the published checkpoints without their heads.
test.each([
  ['r50x1', 23.5e6, 151, 2048],
  ['r101x1', 42.492e6, 304, 2048],
] as const)(
  '%s has the parameters, tensors and features of BiT',
  (name, parameters, tensors, features) => {
    const model = {
      ...modelPresets[name],
      units: [...modelPresets[name].units],
      channels: 3 as const,
    }
    const shapes = [...parameterShapes(planFor(model))].filter(([name]) =>
      name.startsWith('backbone/'),
    )
    const count = shapes.reduce((total, [, shape]) => total + sizeOf(shape), 0)
    expect(Math.abs(count - parameters)).toBeLessThan(500)
    expect(shapes.length).toBe(tensors)
    expect(featureSize(model)).toBe(features)
  },
)

const tiny = { units: [1, 1], width: 4, groups: 2, channels: 1 as const }

test.each(['small', 'imagenet'] as const)(
  'with the %s stem, onnx and reference give the same features',
  async (stem) => {
    const model = { ...tiny, stem }
    const program: Program = (inputs) => ({
      features: backbone(inputs['images'] as TensorFlow.Tensor4D, inputs, model),
    })
    const images = Float32Array.from({ length: 2 * 16 * 16 }, (_, i) => ((i * 37) % 101) / 101)
    const state = backboneOf(model)
    const run = async (runtime: 'onnx' | 'reference') => {
      const executable = await compile(program, { images: [2, 16, 16, 1] }, { state, runtime })
      return (await executable.run({ images })).features!
    }
    const [onnx, reference] = [await run('onnx'), await run('reference')]
    expect(onnx.length).toBe(2 * featureSize(model))
    reference.forEach((value, i) => {
      expect(onnx[i]).toBeCloseTo(value, 4)
    })
  },
)

test('one image does not change the features of another: there are no batch statistics', async () => {
  const model = { ...tiny, stem: 'small' as const }
  const program: Program = (inputs) => ({
    features: backbone(inputs['images'] as TensorFlow.Tensor4D, inputs, model),
  })
  const executable = await compile(program, { images: [2, 8, 8, 1] }, { state: backboneOf(model) })
  const image = Float32Array.from({ length: 64 }, (_, i) => (i % 7) / 7)
  const beside = async (other: number) => {
    const { features } = await executable.run({
      images: new Float32Array([...image, ...new Float32Array(64).fill(other)]),
    })
    return [...features!.slice(0, featureSize(model))]
  }
  expect(await beside(0)).toEqual(await beside(1))
})

test('the same plan gives the same first weights, another seed gives others', () => {
  const plan = planFor({ ...tiny, stem: 'small' })
  const kernel = (p: StudyPlan) => [...initialParameters(p).get('backbone/root/kernel')!.data]
  expect(kernel(plan)).toEqual(kernel(plan))
  expect(kernel({ ...plan, seed: 2 })).not.toEqual(kernel(plan))
})
