import { formatDuration } from './format-duration.ts'

test.each([
  [-5, '0 s'],
  [1, '1 s'],
  [90_000, '90 s'],
  [90_001, '2 min'],
  [12 * 60_000, '12 min'],
  [5 * 3_600_000, '5 h'],
  [72 * 3_600_000, '3 days'],
])('%d ms are said as "%s", never less than there is', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
