import { createPace, type PaceOptions } from './pace.ts'
import { parseTransferWindow } from './transfer-window.ts'

const { signal } = new AbortController()
const noon = (): Date => new Date(2026, 0, 15, 12)

function paceOf(options: PaceOptions) {
  const reasons: string[] = []
  const onWait = (reason: string): void => {
    reasons.push(reason)
  }
  const clock = (): number => performance.now()
  return { reasons, pace: createPace(options, { now: noon, clock, onWait }) }
}

test('without limits nothing waits and nothing is said', async () => {
  const { pace, reasons } = paceOf({})
  await pace.begin(1e9, signal)
  for (let i = 0; i < 100; i += 1) await pace.allow(1e9, signal)
  expect(reasons).toEqual([])
})

test('all transfers together keep to the rate, and what they will take is said', async () => {
  const { pace, reasons } = paceOf({ maxBytesPerSecond: 1_000_000 })
  const began = performance.now()
  await pace.begin(2_500_000, signal)
  await Promise.all(Array.from({ length: 4 }, () => pace.allow(50_000, signal)))
  // Timers may end a millisecond early.
  expect(performance.now() - began).toBeGreaterThanOrEqual(148)
  expect(reasons).toEqual(['2500000 bytes take 3 s at 1000000 bytes a second, the limit here'])
})

test('outside its window a transfer waits, says so, and one that runs is ended', async () => {
  const { pace, reasons } = paceOf({ window: parseTransferWindow('22:00-06:00') })
  await expect(pace.allow(1, signal)).rejects.toMatchObject({
    code: 'TRANSFER_WINDOW_CLOSED',
    retryable: true,
  })
  const stop = new AbortController()
  const begun = pace.begin(94_000_000, stop.signal)
  stop.abort(new Error('stopped'))
  await expect(begun).rejects.toThrow('stopped')
  expect(reasons).toEqual(['94000000 bytes travel from 22:00 to 06:00 only'])
})

test('inside its window a transfer begins at once', async () => {
  const { pace, reasons } = paceOf({ window: parseTransferWindow('11:00-13:00') })
  await pace.begin(1, signal)
  await pace.allow(1, signal)
  expect(reasons).toEqual([])
})
