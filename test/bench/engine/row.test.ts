import { modelPresets } from '@consilium/study'
import { planOf, rows } from './row.ts'

const rowNamed = (name: string) => rows.find((row) => row.name === name)!

test('the rows, in their order, and which of them count in the mean', () => {
  expect(rows.map(({ name, inGeomean }) => [name, inGeomean])).toEqual([
    ['resnet222x32-32px-128', true],
    ['resnet18w16-28px-256', true],
    ['r50x1-32px-32', true],
    ['r50x1-64px-32', true],
    ['r50x1-small-stem-32px-32', false],
  ])
})

test.each(rows)('$name is named after its image size and its views', ({ name, size, views }) => {
  expect(name).toMatch(new RegExp(`-${size}px-${views}$`))
})

test.each([
  ['resnet222x32-32px-128', modelPresets.small],
  ['r50x1-32px-32', modelPresets.r50x1],
  ['r50x1-64px-32', modelPresets.r50x1],
  ['r50x1-small-stem-32px-32', { ...modelPresets.r50x1, stem: 'small' }],
])('%s is a backbone of the product', (name, preset) => {
  expect(rowNamed(name).model).toEqual({ ...preset, channels: 3 })
})

test('a row trains as SimCLR does: LARS with momentum, half as many images as views', () => {
  const plan = planOf(rowNamed('r50x1-32px-32'))
  expect(plan.optimiser).toMatchObject({ name: 'lars', momentum: 0.9 })
  expect(plan.objective.projector).toEqual({ hidden: 256, output: 128 })
  expect(plan.schedule.batch).toBe(16)
})
