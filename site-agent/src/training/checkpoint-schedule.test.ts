import { createCheckpointSchedule } from './checkpoint-schedule.ts'

test('a checkpoint is due after the interval, and again after as long', () => {
  let now = 0
  const schedule = createCheckpointSchedule({ intervalMs: 1000, maxShare: 0.01 }, () => now)
  now = 999
  expect(schedule.isDue()).toBe(false)
  now = 1000
  expect(schedule.isDue()).toBe(true)
  schedule.took(2)
  now = 1999
  expect(schedule.isDue()).toBe(false)
  now = 2000
  expect(schedule.isDue()).toBe(true)
})

test('a checkpoint that takes long makes the next one wait until it is its share of the time', () => {
  let now = 10
  const schedule = createCheckpointSchedule({ intervalMs: 10, maxShare: 0.01 }, () => now)
  schedule.took(1000)
  now = 10 + 98_999
  expect(schedule.isDue()).toBe(false)
  now = 10 + 99_000
  expect(schedule.isDue()).toBe(true)
})
