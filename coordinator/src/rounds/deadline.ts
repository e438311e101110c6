/** A timer of any length: Node's own overflow after 24.8 days, and a round may take 30. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

export interface Deadline {
  /** Milliseconds left, 0 when none runs. */
  remainingMs(): number
  /** Replaces the one that runs. */
  start(afterMs: number, fire: () => void): void
  stop(): void
}

/** `now`: a monotonic clock in milliseconds. */
export function createDeadline(now: () => number): Deadline {
  let at = 0
  let timer: NodeJS.Timeout | undefined
  const remainingMs = (): number => (timer === undefined ? 0 : Math.max(0, at - now()))

  const arm = (fire: () => void): void => {
    timer = setTimeout(
      () => {
        if (at - now() > 0) {
          arm(fire)
          return
        }
        timer = undefined
        fire()
      },
      Math.min(at - now(), LONGEST_TIMEOUT_MS),
    )
  }

  return {
    remainingMs,
    start(afterMs, fire) {
      clearTimeout(timer)
      at = now() + afterMs
      arm(fire)
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
