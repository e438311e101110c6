/** When and how fast models and updates travel, as this site wants it. Messages of a few bytes travel always. */
import { setTimeout } from 'node:timers/promises'
import { createMeter } from '@consilium/proto'
import { TransferWindowClosedError } from '../errors.ts'
import { formatWindow, isOpen, type TransferWindow } from './transfer-window.ts'

/** A closed window is looked at this often: clocks are set, and summer time comes. */
export const WINDOW_CHECK_MS = 15_000

/** A lower rate would let a part of a transfer wait for longer than a connection may be idle. */
export const MIN_BYTES_PER_SECOND = 16 * 1024

export interface PaceOptions {
  /** Of all transfers together, in both directions. Absent: as fast as they go. */
  readonly maxBytesPerSecond?: number | undefined
  /** Absent: always. */
  readonly window?: TransferWindow | undefined
}

export interface PaceDeps {
  /** The time of day. */
  readonly now: () => Date
  /** Milliseconds that only go forward. */
  readonly clock: () => number
  /** Told once for every wait. */
  readonly onWait: (reason: string) => void
}

export interface Pace {
  /** Resolves when a transfer of so many bytes may begin. */
  begin(bytes: number, signal: AbortSignal): Promise<void>
  /** Resolves when so many bytes more may travel. Throws TRANSFER_WINDOW_CLOSED: what has arrived is kept. */
  allow(bytes: number, signal: AbortSignal): Promise<void>
}

export function createPace(
  { maxBytesPerSecond, window }: PaceOptions,
  { now, clock, onWait }: PaceDeps,
): Pace {
  const meter = maxBytesPerSecond === undefined ? undefined : createMeter(maxBytesPerSecond)
  const isClosed = (): boolean => window !== undefined && !isOpen(window, now())
  return {
    async begin(bytes, signal) {
      if (isClosed()) onWait(`${bytes} bytes travel from ${formatWindow(window!)} only`)
      while (isClosed()) await wait(WINDOW_CHECK_MS, signal)
      if (maxBytesPerSecond !== undefined && bytes > maxBytesPerSecond) {
        const seconds = Math.ceil(bytes / maxBytesPerSecond)
        onWait(
          `${bytes} bytes take ${seconds} s at ${maxBytesPerSecond} bytes a second, the limit here`,
        )
      }
    },
    async allow(bytes, signal) {
      if (isClosed()) throw new TransferWindowClosedError(formatWindow(window!))
      const waitMs = meter?.(bytes, clock()) ?? 0
      if (waitMs > 0) await wait(waitMs, signal)
    },
  }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw error
  })
}
