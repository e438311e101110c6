/** Work that a shutdown lets finish: what came in before the gate closed. */
import { CoordinatorStoppingError } from '../errors.ts'

export interface Gate {
  /** Throws COORDINATOR_STOPPING once the gate is closed. */
  pass<T>(work: () => Promise<T>): Promise<T>
  /** Lets nothing in any more. Resolves when what is inside has finished. */
  close(): Promise<void>
}

export function createGate(): Gate {
  const inside = new Set<Promise<unknown>>()
  let closed = false
  return {
    async pass(work) {
      if (closed) throw new CoordinatorStoppingError()
      const running = work()
      inside.add(running)
      try {
        return await running
      } finally {
        inside.delete(running)
      }
    },
    async close() {
      closed = true
      await Promise.allSettled(inside)
    },
  }
}
