import fc from 'fast-check'
import { createMeter } from './meter.ts'

test('parts wait for those before them, and a pause is not saved up', () => {
  const wait = createMeter(1000)
  expect([wait(500, 0), wait(500, 0), wait(100, 200)]).toEqual([0, 500, 800])
  expect(wait(100, 10_000)).toBe(0)
  expect(wait(100, 10_050)).toBe(50)
})

test('what has travelled is never more than the rate allows, and one part', () => {
  const parts = fc.array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.nat(3000)), {
    minLength: 1,
  })
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 10_000 }), (list, rate) => {
      const wait = createMeter(rate)
      let now = 0
      let sent = 0
      for (const [bytes, pause] of list) {
        now += pause
        const startAt = now + wait(bytes, now)
        expect(sent).toBeLessThanOrEqual((rate * startAt) / 1000 + 1e-6)
        sent += bytes
      }
    }),
  )
})
