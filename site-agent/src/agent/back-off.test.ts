import { createStream } from '@consilium/random'
import { createBackOff, MAX_DELAY_MS } from './back-off.ts'

const SITES = 1000
const backOffs = Array.from({ length: SITES }, (_, i) =>
  createBackOff(createStream(0, 'back-off', `site-${i}`)),
)

test('waits spread over everything up to a ceiling, which doubles up to a limit', () => {
  for (const ceilingMs of [1000, 2000, 4000, 8000, 16_000, MAX_DELAY_MS, MAX_DELAY_MS]) {
    const delays = backOffs.map((backOff) => backOff.next())
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / SITES
    expect(Math.max(...delays)).toBeLessThanOrEqual(ceilingMs)
    expect(Math.min(...delays)).toBeLessThan(0.02 * ceilingMs)
    // Four standard errors of the mean of a uniform distribution.
    expect(Math.abs(mean / ceilingMs - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / SITES))
  }
})

test('after a success the first wait is short again', () => {
  for (const backOff of backOffs) {
    backOff.reset()
    expect(backOff.next()).toBeLessThanOrEqual(1000)
  }
})
