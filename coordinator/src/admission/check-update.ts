/** Has updates checked in threads, so that the coordinator answers its sites meanwhile. */
import type { Schema } from '@consilium/weights'
import type { Blob } from '../blobs/blob-store.ts'
import { CoordinatorStoppingError, UpdateRefusedError } from '../errors.ts'
import { startCheckThread, type CheckThread } from './check-thread.ts'
import type { UpdateFile } from './update-file.ts'

/** More would wait for the disk and for each other's memory bandwidth. */
export const CHECK_THREADS = 2

export interface ArrivedUpdate extends UpdateFile {
  readonly site: string
  readonly round: number
}

export interface UpdateChecker {
  /**
   * Answers with what a packed update was unpacked to, if it was one. Throws UpdateRefusedError; COORDINATOR_STOPPING once
   * it is closed.
   */
  check(update: ArrivedUpdate): Promise<Blob | undefined>
  close(): Promise<void>
}

/** `model`: any weights of the study's model; names and shapes count. */
export function createUpdateChecker(model: Schema): UpdateChecker {
  let threads: CheckThread[] = []
  let closed = false

  /** A thread is started for an update that would have to wait, and kept. */
  const freest = (): CheckThread => {
    threads = threads.filter((thread) => !thread.hasEnded())
    const [least] = [...threads].sort((a, b) => a.waiting() - b.waiting())
    if (least !== undefined && (least.waiting() === 0 || threads.length === CHECK_THREADS))
      return least
    threads.push(startCheckThread(model))
    return threads.at(-1)!
  }

  return {
    async check({ site, round, ...update }) {
      if (closed) throw new CoordinatorStoppingError()
      const verdict = await freest()
        .check(update)
        .catch((error: unknown) => {
          throw closed ? new CoordinatorStoppingError() : error
        })
      if (verdict.kind === 'fits') return verdict.delta
      const { code, problem, retryable } = verdict
      const message = `The update of ${site} for round ${round} is refused. ${problem}`
      throw new UpdateRefusedError({ code, message, retryable })
    },
    async close() {
      closed = true
      await Promise.all(threads.map((thread) => thread.terminate()))
    },
  }
}
