/** One side of a row: a process that runs training steps when it is told to and is blocked on its input in between. */
import type { LineProcess } from '../line-processes.ts'
import type { MeasuredSide } from './row-result.ts'
import { CHECKED_STEPS } from './same-computation.ts'

/** A turn takes about this long, or one step where that is longer. */
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

/** Runs the steps whose losses are compared, and where these are quick as many as it takes to know how long one lasts. */
export async function warmUp(process: LineProcess): Promise<Side> {
  const losses = [...(await runSteps(process, 1)).losses] // slower than all others: memory is new to it
  let secondsPerStep = Infinity
  for (let spent = 0; losses.length < CHECKED_STEPS || spent < WARM_UP_SECONDS;) {
    const step = await runSteps(process, 1)
    losses.push(...step.losses)
    secondsPerStep = Math.min(secondsPerStep, step.seconds)
    spent += step.seconds
  }
  return { process, losses, secondsPerStep }
}

/** `views` per step. Goes by the clock, not by `secondsPerStep`: a side may have become much slower meanwhile. */
export async function takeTurn({ process }: Side, views: number): Promise<Turn> {
  let [steps, seconds, peakRssMiB] = [0, 0, 0]
  while (seconds < TURN_SECONDS) {
    const step = await runSteps(process, 1)
    steps += 1
    seconds += step.seconds
    peakRssMiB = step.peakRssMiB
  }
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
