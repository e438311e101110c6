import { parseDemoOptions } from './demo-options.ts'
import { fullScale, quickScale } from './demo-plan.ts'

test('without options it is the full demonstration of the invented hospitals', () => {
  expect(parseDemoOptions([])).toMatchObject({ ...fullScale, data: [], quick: false, json: false })
})

test('an option changes what it names and nothing else, also of the quick run', () => {
  const { study, films } = parseDemoOptions(['--quick', '--rounds', '3', '--model', 'small'])
  expect(study).toEqual({ ...quickScale.study, rounds: 3, model: 'small' })
  expect(films).toBe(quickScale.films)
})

test('data are named once per site', () => {
  expect(parseDemoOptions(['--data', 'a', '--data', 'b.npz#split=1/2']).data).toEqual([
    'a',
    'b.npz#split=1/2',
  ])
})

test('one site is no federation', () => {
  expect(() => parseDemoOptions(['--data', 'a'])).toThrow(
    expect.objectContaining({ code: 'DEMO_USAGE' }),
  )
})

test('a holdout is the invented hospital unless a source is given', () => {
  expect(parseDemoOptions(['--holdout']).holdout).toBe(true)
  expect(parseDemoOptions(['--holdout', 'd']).holdout).toBe('d')
  expect(parseDemoOptions([]).holdout).toBeUndefined()
})

test.each([
  ['--rounds', '0'],
  ['--batch', 'many'],
  ['--seed', '-1'],
  ['--model', 'resnet'],
  ['--channels', '2'],
  ['--preset', 'mri'],
])('refuses %s %s', (option, value) => {
  const stderr = process.stderr.write.bind(process.stderr)
  process.stderr.write = () => true // commander explains itself there
  try {
    expect(() => parseDemoOptions([option, value])).toThrow(
      expect.objectContaining({ code: 'commander.invalidArgument' }),
    )
  } finally {
    process.stderr.write = stderr
  }
})
