/** One side of a row: a process that runs training steps when it is told to and is blocked on its input in between. */
import type { LineProcess } from './line-processes.ts'
import type { MeasuredSide } from './row-result.ts'
import { CHECKED_STEPS } from './same-computation.ts'

/** A turn takes at least about this long. */
export const TURN_SECONDS = 2

const WARM_UP_SECONDS = 2

export interface Side {
  readonly process: LineProcess
  /** Of the first steps. */
  readonly losses: readonly number[]
  /** Of the fastest step so far: others ran while the machine was busy with something else. */
  readonly secondsPerStep: number
}

export interface Turn {
  readonly viewsPerSecond: number
  /** Since the process began. */
  readonly peakRssMiB: number
}

interface Steps {
  readonly seconds: number
  readonly losses: readonly number[]
  readonly peakRssMiB: number
}

/** Runs the steps whose losses are compared, then as many as it takes to know how long one lasts. */
export async function warmUp(process: LineProcess): Promise<Side> {
  const { losses } = await runSteps(process, CHECKED_STEPS)
  let secondsPerStep = Infinity
  for (let spent = 0; spent < WARM_UP_SECONDS;) {
    const { seconds } = await runSteps(process, 1)
    secondsPerStep = Math.min(secondsPerStep, seconds)
    spent += seconds
  }
  return { process, losses, secondsPerStep }
}

/** `views` per step. */
export async function takeTurn({ process, secondsPerStep }: Side, views: number): Promise<Turn> {
  const steps = Math.ceil(TURN_SECONDS / secondsPerStep)
  const { seconds, peakRssMiB } = await runSteps(process, steps)
  return { viewsPerSecond: (views * steps) / seconds, peakRssMiB }
}

/** At least one turn. */
export const measuredSide = ({ losses }: Side, turns: readonly Turn[]): MeasuredSide => ({
  losses,
  turns: turns.map(({ viewsPerSecond }) => viewsPerSecond),
  peakRssMiB: turns.at(-1)!.peakRssMiB,
})

export const runSteps = async (process: LineProcess, steps: number): Promise<Steps> =>
  (await process.ask({ steps })) as Steps
