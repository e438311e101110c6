/** Spreads bytes over time: says how long each part has to wait so that all together are never faster than the rate. Pure. */

/** Answers with milliseconds to wait before `bytes` more may travel. `now`: milliseconds that only go forward. */
export type Meter = (bytes: number, now: number) => number

/** The first part never waits; every part delays the next one by the time it takes at the rate. */
export function createMeter(bytesPerSecond: number): Meter {
  let freeAt = -Infinity
  return (bytes, now) => {
    const startAt = Math.max(freeAt, now)
    freeAt = startAt + (1000 * bytes) / bytesPerSecond
    return startAt - now
  }
}
