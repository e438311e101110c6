import { busyWarning } from './busy-machine.ts'

test('up to half a core of load per core nothing is said', () => {
  expect(busyWarning(1, 2)).toBeUndefined()
})

test('above it the load is named, and what follows from it', () => {
  expect(busyWarning(1.01, 2)).toBe(
    'The machine was busy at the start (load average 1.01 on 2 cores): these ratios are not to be quoted.',
  )
})
