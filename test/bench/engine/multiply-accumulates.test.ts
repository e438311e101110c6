import { modelPresets, type ModelPlan } from '@consilium/study'
import { flopOfStep, multiplyAccumulates } from './multiply-accumulates.ts'
import { planOf } from './row.ts'

const PROJECTOR_OUTPUT = 256 * 128

const planFor = (model: ModelPlan, size: number) =>
  planOf({ model, size, views: 4, learningRate: 1 })

test('one unit, counted by hand', () => {
  const model: ModelPlan = { units: [1], width: 2, groups: 1, stem: 'small', channels: 1 }
  const pixels = 8 * 8
  const root = pixels * 9 * 1 * 2
  const unit = pixels * (2 * 2 + 9 * 2 * 2 + 2 * 8 + 2 * 8)
  const projector = 8 * 256 + PROJECTOR_OUTPUT
  expect(multiplyAccumulates(planFor(model, 8))).toBe(root + unit + projector)
})

test('a block after the first halves an odd size upwards, at its 3x3 convolution', () => {
  const model: ModelPlan = { units: [1, 1], width: 1, groups: 1, stem: 'small', channels: 1 }
  const first = 81 * (9 + 1 + 9 + 4 + 4)
  const second = 81 * (4 * 2) + 25 * (9 * 2 * 2 + 2 * 8 + 4 * 8)
  const projector = 8 * 256 + PROJECTOR_OUTPUT
  expect(multiplyAccumulates(planFor(model, 9))).toBe(first + second + projector)
})

test('ResNet-50 at 224 px has the 4.09 GMAC that papers give for it', () => {
  const plan = planFor({ ...modelPresets.r50x1, channels: 3 }, 224)
  expect(multiplyAccumulates(plan) / 1e9).toBeCloseTo(4.09, 2)
})

test('a training step is three passes of two operations per product and view', () => {
  const plan = planFor({ ...modelPresets.tiny, channels: 1 }, 28)
  expect(flopOfStep(plan, 4)).toBe(4 * 3 * 2 * multiplyAccumulates(plan))
})
