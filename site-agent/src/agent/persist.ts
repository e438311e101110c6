import { setTimeout } from 'node:timers/promises'
import { ConsiliumError } from '@consilium/errors'
import type { Stream } from '@consilium/random'
import { createBackOff } from './back-off.ts'

export interface PersistOptions {
  readonly signal: AbortSignal
  /** Spreads the attempts of many sites. */
  readonly jitter: Stream
  /** Told before each wait. */
  readonly onWait: (error: ConsiliumError, delayMs: number) => void
}

/**
 * Carries out `attempt` until it succeeds, waiting longer each time. Throws what is not retryable, and the signal's reason
 * when it aborts.
 */
export async function persist<T>(
  attempt: () => Promise<T>,
  { signal, jitter, onWait }: PersistOptions,
): Promise<T> {
  const backOff = createBackOff(jitter)
  for (;;) {
    signal.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ConsiliumError && error.retryable)) throw error
      const delayMs = backOff.next()
      onWait(error, delayMs)
      await waitFor(delayMs, signal)
    }
  }
}

async function waitFor(delayMs: number, signal: AbortSignal): Promise<void> {
  await setTimeout(delayMs, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw error
  })
}
