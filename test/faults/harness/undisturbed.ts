/** The study that every other one is compared with, and what a program does to its disk in it. Played once per kind. */
import { tinyPlan } from '../../e2e/support/tiny-plan.ts'
import { listing, type Watchable } from './kill-points.ts'
import { playStudy, SITES, type PlayOptions } from './play-study.ts'
import type { Stage } from './stage.ts'

export interface Undisturbed {
  readonly released: string
  readonly operations: readonly string[]
  readonly seconds: number
}

/** `agent` and `trainer`: with a real agent at REAL, and the process that it trains in. */
export type Watched = 'coordinator' | 'agent' | 'trainer'

/** The site that is a process of the program where one is. */
export const REAL = 'bern'

const known = new Map<Watched, Undisturbed>()

export async function undisturbed(stage: Stage, watched: Watched): Promise<Undisturbed> {
  const found = known.get(watched) ?? (await play(stage, watched))
  known.set(watched, found)
  return found
}

const program = {
  coordinator: 'consilium',
  agent: 'consilium-site',
  trainer: 'trainer',
} as const satisfies Record<Watched, Watchable>

async function play(stage: Stage, watched: Watched): Promise<Undisturbed> {
  const { surroundings, operations } = listing(program[watched], stage.newFolder())
  const around = { surroundings: () => surroundings }
  const options: PlayOptions =
    watched === 'coordinator'
      ? around
      : {
          ...(watched === 'trainer' ? { plan: longTraining } : {}),
          agents: { [REAL]: { ...around, args: OFTEN } },
        }
  const began = performance.now()
  const { released, problems } = await playStudy(stage, options)
  if (problems.length > 0) throw new Error(`The undisturbed study failed: ${problems.join('; ')}`)
  const seconds = (performance.now() - began) / 1000
  return { released, operations: operations(), seconds }
}

/** A checkpoint as often as the schedule allows. */
export const OFTEN = ['--checkpoint-seconds', '1'] as const

/** So long that several checkpoints are written in a round. */
export const longTraining = tinyPlan({ sites: SITES.length, rounds: 1, localEpochs: 400 })
