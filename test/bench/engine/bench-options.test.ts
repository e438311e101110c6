import os from 'node:os'
import { GRADIENT_CACHING, parseBenchOptions } from './bench-options.ts'
import { rows } from './row.ts'

test('without options everything is measured, beside PyTorch, on all cores', () => {
  expect(parseBenchOptions([])).toEqual({
    rows: [...rows.map(({ name }) => name), GRADIENT_CACHING],
    threads: os.availableParallelism(),
    repeats: 5,
    pytorch: true,
    json: false,
  })
})

test('rows are measured once each, in the order of the table', () => {
  const { rows: chosen } = parseBenchOptions([
    '--rows',
    'gradient-caching, r50x1-32px-32,resnet222x32-32px-128,r50x1-32px-32',
  ])
  expect(chosen).toEqual(['resnet222x32-32px-128', 'r50x1-32px-32', 'gradient-caching'])
})

test('every other option changes what it names', () => {
  expect(
    parseBenchOptions(['--threads', '3', '--repeats', '2', '--no-pytorch', '--json']),
  ).toMatchObject({ threads: 3, repeats: 2, pytorch: false, json: true })
})

test('an unknown row is refused with the names there are', () => {
  expect(() => parseBenchOptions(['--rows', 'r50x1-32px-32,r51'])).toThrow(
    expect.objectContaining({
      code: 'BENCH_USAGE',
      message: expect.stringMatching(/'r51'.*resnet222x32-32px-128.*gradient-caching/) as string,
    }),
  )
})

test.each([
  ['--threads', '0'],
  ['--threads', '1.5'],
  ['--repeats', '-1'],
  ['--repeats', 'many'],
])('refuses %s %s', (option, value) => {
  expect(() => parseBenchOptions([option, value])).toThrow(
    expect.objectContaining({
      code: 'BENCH_USAGE',
      message: expect.stringContaining(`${option} '${value}'`) as string,
    }),
  )
})
