import { describePoint, distinctPoints, pointsOf } from './kill-points.ts'

const operations = ['writeFile a', 'rename a', 'writeFile a']

test('a process dies before each operation, within what writes bytes, after what makes it count', () => {
  expect(pointsOf(operations).map(describePoint)).toEqual([
    'before writeFile a (1 of 2)',
    'within writeFile a (1 of 2)',
    'before rename a',
    'after rename a',
    'before writeFile a (2 of 2)',
    'within writeFile a (2 of 2)',
  ])
})

test('of points of one kind one is chosen', () => {
  const last = (count: number): number => count - 1
  expect(distinctPoints(pointsOf(operations), last).map(describePoint)).toEqual([
    'before writeFile a (2 of 2)',
    'within writeFile a (2 of 2)',
    'before rename a',
    'after rename a',
  ])
})
