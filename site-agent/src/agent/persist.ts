import { setTimeout } from 'node:timers/promises'
import { ConsiliumError } from '@consilium/errors'
import type { Stream } from '@consilium/random'
import { createBackOff } from './back-off.ts'

export interface PersistOptions {
  readonly signal: AbortSignal
  /** Spreads the attempts of many sites. */
  readonly jitter: Stream
  /** After which errors another attempt is worth it; those that say so of themselves if absent. */
  readonly isPassing?: (error: ConsiliumError) => boolean
  /** Told before each wait. */
  readonly onWait: (error: ConsiliumError, delayMs: number) => void
}

/**
 * Carries out `attempt` until it succeeds, waiting longer each time. Throws what does not pass, and the signal's reason when it
 * aborts.
 */
export async function persist<T>(
  attempt: () => Promise<T>,
  { signal, jitter, isPassing = ({ retryable }) => retryable, onWait }: PersistOptions,
): Promise<T> {
  const backOff = createBackOff(jitter)
  for (;;) {
    signal.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ConsiliumError && isPassing(error))) throw error
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
