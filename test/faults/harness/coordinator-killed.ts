/** SIGKILL of the coordinator wherever it can be: at every operation on its disk, again while it recovers, at random instants. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createStream } from '@consilium/random'
import type { Fault } from './fault.ts'
import { describePoint, killedAt, listing, pointsOf } from './kill-points.ts'
import { caseOf, playStudy } from './play-study.ts'
import type { Stage } from './stage.ts'

export interface Undisturbed {
  readonly released: string
  readonly operations: readonly string[]
  readonly seconds: number
}

/** The study that every other one is compared with, and what its coordinator does to its disk. */
export async function playUndisturbed(stage: Stage): Promise<Undisturbed> {
  const { surroundings, operations } = listing('consilium', stage.newFolder())
  const began = performance.now()
  const { released, problems } = await playStudy(stage, { surroundings: () => surroundings })
  if (problems.length > 0) throw new Error(`The undisturbed study failed: ${problems.join('; ')}`)
  const undisturbed = { released, operations: operations() }
  await stage.clear()
  return { ...undisturbed, seconds: (performance.now() - began) / 1000 }
}

export const coordinatorKilledAtOperations: Fault = {
  name: 'coordinator-killed',
  title: 'SIGKILL of the coordinator at each of its operations on the disk',
  async cases(stage) {
    const { released, operations } = await playUndisturbed(stage)
    return pointsOf(operations).map((point) => ({
      where: describePoint(point, operations),
      run: (what) =>
        caseOf(what, released, () =>
          playStudy(stage, {
            surroundings: (attempt) => (attempt === 0 ? killedAt('consilium', point) : {}),
          }),
        ),
    }))
  },
}

/** How far the second process may come before it dies too. */
const RECOVERY_OPERATIONS = 8

export const coordinatorKilledWhileRecovering: Fault = {
  name: 'coordinator-killed-again',
  title: 'SIGKILL of the coordinator, and again while it recovers',
  async cases(stage) {
    const { released, operations } = await playUndisturbed(stage)
    const stream = createStream(stage.seed, 'killed again')
    return Array.from({ length: 12 }, () => {
      const first = { operation: 1 + stream.integer(operations.length), how: 'before' } as const
      const second = { operation: 1 + stream.integer(RECOVERY_OPERATIONS), how: 'before' } as const
      const points = [first, second]
      return {
        where: `${describePoint(first, operations)}; then at operation ${second.operation} of its next process`,
        run: (what) =>
          caseOf(what, released, () =>
            playStudy(stage, {
              surroundings: (attempt) => {
                const point = points[attempt]
                return point === undefined ? {} : killedAt('consilium', point)
              },
            }),
          ),
      }
    })
  },
}

export const coordinatorKilledAtRandom: Fault = {
  name: 'coordinator-killed-at-random',
  title: 'SIGKILL of the coordinator at random instants',
  async cases(stage) {
    const { released, seconds } = await playUndisturbed(stage)
    const stream = createStream(stage.seed, 'killed at random')
    return Array.from({ length: 15 }, () => {
      const afterMs = Math.round(stream.uniform(0.05, 1) * seconds * 1000)
      return {
        where: `${afterMs} ms after its start`,
        run: (what) =>
          caseOf(what, released, () =>
            playStudy(stage, {
              async disturb({ coordinator, signal }) {
                const process = coordinator.current()
                await sleep(afterMs, undefined, { signal }).then(
                  () => {
                    process.kill()
                  },
                  () => undefined, // The study was over before.
                )
              },
            }),
          ),
      }
    })
  },
}
