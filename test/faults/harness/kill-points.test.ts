import { describePoint, distinctPoints, kindsIn, pointsOf } from './kill-points.ts'

const operations = ['writeFile a', 'journal b, c', 'writeFile a']

test('a process dies before each operation, within what writes bytes, after what records something', () => {
  expect(pointsOf(operations).map(describePoint)).toEqual([
    'before writeFile a (1 of 2)',
    'within writeFile a (1 of 2)',
    'before journal b, c',
    'after journal b, c',
    'before writeFile a (2 of 2)',
    'within writeFile a (2 of 2)',
  ])
})

test('a process does not die at a sync, which changes nothing that its next start could see', () => {
  const syncs = ['sync a', 'datasync a', 'fsyncSync a', 'fdatasyncSync a']
  expect(pointsOf(syncs)).toEqual([])
})

test('of points of one kind one is chosen', () => {
  const last = (count: number): number => count - 1
  expect(distinctPoints(pointsOf(operations), last).map(describePoint)).toEqual([
    'before writeFile a (2 of 2)',
    'within writeFile a (2 of 2)',
    'before journal b, c',
    'after journal b, c',
  ])
})

test('what is appended to the journal is known by its kinds', () => {
  expect(operations.map(kindsIn)).toEqual([[], ['b', 'c'], []])
})
