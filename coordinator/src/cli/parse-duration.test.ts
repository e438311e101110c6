import { parseDuration } from './parse-duration.ts'

test.each([
  ['90s', 90_000],
  ['45min', 45 * 60_000],
  ['1.5 h', 90 * 60_000],
  ['3d', 72 * 3_600_000],
])('reads "%s"', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', '5', '0s', '-3h', '2 weeks', 'NaNs'])('refuses "%s"', (text) => {
  expect(() => parseDuration(text)).toThrow('90s, 45min, 2h or 3d')
})
