/** Parts of one update that are being written: one at a time in each slot, and all can be ended at once. */
import { UploadError } from '../errors.ts'

export interface Writes {
  /** Hands `write` the bytes until they end, or until the writes are interrupted. Throws UPDATE_BUSY. */
  run(
    slot: number,
    bytes: AsyncIterable<Uint8Array>,
    write: (bytes: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void>
  /** Throws UPDATE_BUSY. */
  assertNone(): void
  /** Resolves when nothing is written any more. */
  interrupt(): Promise<void>
}

export function createWrites(site: string): Writes {
  const running = new Map<number, { stop: AbortController; done: Promise<unknown> }>()
  const busy = (): UploadError =>
    new UploadError({
      code: 'UPDATE_BUSY',
      message: `This part of the update of ${site} is being received already. Try again.`,
    })
  return {
    async run(slot, bytes, write) {
      if (running.has(slot)) throw busy()
      const stop = new AbortController()
      const done = write(untilAborted(bytes, stop.signal))
      running.set(slot, { stop, done: done.catch(() => undefined) })
      try {
        await done
      } finally {
        running.delete(slot)
      }
    },
    assertNone() {
      if (running.size > 0) throw busy()
    },
    async interrupt() {
      const writes = [...running.values()]
      for (const { stop } of writes) stop.abort(busy())
      await Promise.all(writes.map(({ done }) => done))
    },
  }
}

/** Throws the signal's reason as soon as it aborts, even while the next bytes are awaited. */
async function* untilAborted(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  // The first bytes may be asked for long after the write began: a file has to be opened for them.
  signal.throwIfAborted()
  const iterator = bytes[Symbol.asyncIterator]()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })
  aborted.catch(() => undefined)
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted])
      if (next.done === true) return
      yield next.value
    }
  } finally {
    // Not awaited: a connection on which nothing comes does not end before its timeout.
    void iterator.return?.()
  }
}
