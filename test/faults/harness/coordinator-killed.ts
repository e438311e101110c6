/** SIGKILL of the coordinator wherever it can be: at every operation on its disk, again while it recovers, at random instants. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createStream } from '@consilium/random'
import { caseOf, type Outcome } from './case-of.ts'
import type { Fault } from './fault.ts'
import { describePoint, dyingAt, nthOfAll, pointsOf, type KillPoint } from './kill-points.ts'
import { playStudy, type Played, type Playing, type PlayOptions } from './play-study.ts'
import type { Stage } from './stage.ts'
import { optionsOf, undisturbed } from './studies.ts'

async function playDying(stage: Stage, points: readonly KillPoint[]): Promise<Outcome> {
  const { surroundings, struck } = dyingAt('consilium', points, stage.newFolder)
  return { ...(await playStudy(stage, { ...optionsOf('small'), surroundings })), struck: struck() }
}

export const coordinatorKilledAtOperations: Fault = {
  name: 'coordinator-killed',
  title: 'SIGKILL of the coordinator at each of its operations on the disk',
  async cases(stage) {
    const { end, operations } = await undisturbed(stage, 'small')
    return pointsOf(operations).map((point) => ({
      where: describePoint(point),
      run: (own, what) => caseOf(what, end, () => playDying(own, [point])),
    }))
  },
}

/** How far the second process may come before it dies too. */
const RECOVERY_OPERATIONS = 8

export const coordinatorKilledWhileRecovering: Fault = {
  name: 'coordinator-killed-again',
  title: 'SIGKILL of the coordinator, and again while it recovers',
  async cases(stage) {
    const { end, operations } = await undisturbed(stage, 'small')
    const points = pointsOf(operations).filter(({ how }) => how === 'before')
    const stream = createStream(stage.seed, 'killed again')
    return Array.from({ length: 12 }, () => {
      const first = points[stream.integer(points.length)]!
      const second = nthOfAll(1 + stream.integer(RECOVERY_OPERATIONS))
      return {
        where: `${describePoint(first)}; then at operation ${second.nth} of its next process`,
        run: (own, what) => caseOf(what, end, () => playDying(own, [first, second])),
      }
    })
  },
}

export const coordinatorKilledAtRandom: Fault = {
  name: 'coordinator-killed-at-random',
  title: 'SIGKILL of the coordinator at random instants',
  async cases(stage) {
    const { end, seconds } = await undisturbed(stage, 'small')
    const stream = createStream(stage.seed, 'killed at random')
    return Array.from({ length: 15 }, () => {
      const afterMs = Math.round(stream.uniform(0.05, 1) * seconds * 1000)
      return {
        where: `${afterMs} ms after its start`,
        run: (own, what) =>
          caseOf(what, end, () => playUntil(own, optionsOf('small'), killCoordinator(afterMs))),
      }
    })
  },
}

export const killCoordinator =
  (afterMs: number) =>
  ({ coordinator, signal }: Playing): Promise<boolean> =>
    within(afterMs, signal, () => {
      coordinator.current().kill()
    })

/** `disturb` tells whether it came in time. */
export async function playUntil(
  stage: Stage,
  options: PlayOptions,
  disturb: (playing: Playing) => Promise<boolean>,
): Promise<Played & { readonly struck: boolean }> {
  let struck = false
  const played = await playStudy(stage, {
    ...options,
    async disturb(playing) {
      struck = await disturb(playing)
    },
  })
  return { ...played, struck }
}

/** Does it after a while, or not at all where the study is over before. */
export async function within(
  afterMs: number,
  signal: AbortSignal,
  act: () => void,
): Promise<boolean> {
  try {
    await sleep(afterMs, undefined, { signal })
    act()
    return true
  } catch {
    return false
  }
}
