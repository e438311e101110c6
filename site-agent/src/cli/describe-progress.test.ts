import { describeProgress } from './describe-progress.ts'

test('a bar, what is done, a detail and the time that is left', () => {
  const line = describeProgress({
    label: 'round 1/9',
    done: 30,
    total: 120,
    elapsedMs: 20_000,
    detail: 'loss 1.2',
  })
  expect(line).toBe('round 1/9 [######------------------] 30/120  loss 1.2  ETA 1:00')
})

test('no time is foretold before anything is done', () => {
  expect(describeProgress({ label: 'reading', done: 0, total: 4, elapsedMs: 9 })).toBe(
    'reading [------------------------] 0/4',
  )
})
