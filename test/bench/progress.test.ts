import { createProgress, secondsLeft } from './progress.ts'

const tasks = [
  { name: 'a', seconds: 10 },
  { name: 'b', seconds: 30 },
  { name: 'c', seconds: 60 },
]

test('at first what is left is what was guessed, less what has passed', () => {
  expect(secondsLeft(tasks, { current: 0, before: 0, within: 4 })).toBe(96)
})

test('when tasks took twice as long as guessed, so will the others', () => {
  expect(secondsLeft(tasks, { current: 1, before: 20, within: 5 })).toBe(2 * 30 - 5 + 2 * 60)
})

test('a task that takes longer than guessed does not count backwards', () => {
  expect(secondsLeft(tasks, { current: 2, before: 40, within: 1000 })).toBe(0)
})

test('every line says how long it has been, how long it may be, and what runs', () => {
  const lines: string[] = []
  let now = 0
  const progress = createProgress({ tasks, say: (line) => lines.push(line), clock: () => now })
  progress.next()
  now = 5000
  progress.note('half of it')
  now = 20_000
  progress.next()
  expect(lines).toEqual([
    '[0:00, about 1:40 left] a: starts',
    '[0:05, about 1:35 left] a: half of it',
    '[0:20, about 3:00 left] b: starts',
  ])
})
