/** Lets pieces of work run one after the other, in the order in which they came. */
import { CoordinatorStoppingError } from '../errors.ts'

export interface Turn {
  /** Resolves with the work. Throws COORDINATOR_STOPPING once it is closed. */
  take(work: () => Promise<void>): Promise<void>
  close(): void
  /** Resolves when no work is running. */
  idle(): Promise<void>
}

export function createTurn(): Turn {
  let last: Promise<void> = Promise.resolve()
  let closed = false
  return {
    take(work) {
      const done = last.then(async () => {
        if (closed) throw new CoordinatorStoppingError()
        await work()
      })
      last = done.catch(() => undefined)
      return done
    },
    close() {
      closed = true
    },
    idle: () => last,
  }
}
