import { jest } from '@jest/globals'
import { createDeadline } from './deadline.ts'

const DAY_MS = 24 * 3600 * 1000

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

test('a deadline of thirty days fires after thirty days', () => {
  const deadline = createDeadline(() => Date.now())
  let fired = 0
  deadline.start(30 * DAY_MS, () => (fired += 1))
  jest.advanceTimersByTime(29 * DAY_MS)
  expect([fired, deadline.remainingMs()]).toEqual([0, DAY_MS])
  jest.advanceTimersByTime(DAY_MS)
  expect([fired, deadline.remainingMs()]).toEqual([1, 0])
})

test('a new deadline replaces the old one, and a stopped one never fires', () => {
  const deadline = createDeadline(() => Date.now())
  const fired: string[] = []
  deadline.start(1000, () => fired.push('first'))
  deadline.start(2000, () => fired.push('second'))
  jest.advanceTimersByTime(5000)
  deadline.start(1000, () => fired.push('third'))
  deadline.stop()
  jest.advanceTimersByTime(5000)
  expect(fired).toEqual(['second'])
})
