/** Plays the faults one after the other. */
import type { FaultCase } from './fault-case.ts'
import { isGood } from './fault-case.ts'
import type { Fault } from './fault.ts'
import { createStage } from './stage.ts'

export interface RunOptions {
  readonly faults: readonly Fault[]
  readonly seed: number
  /** Of each fault's cases, every n-th. */
  readonly every?: number
  readonly say: (line: string) => void
  /** Milliseconds. */
  readonly clock: () => number
}

export async function runFaults({
  faults,
  seed,
  every = 1,
  say,
  clock,
}: RunOptions): Promise<readonly FaultCase[]> {
  const stage = createStage({ seed, say })
  const done: FaultCase[] = []
  try {
    for (const fault of faults) {
      const { name, title } = fault
      say(`${title}: plays the study undisturbed`)
      const planned = (await fault.cases(stage)).filter((_, i) => i % every === 0)
      await stage.clear()
      const began = clock()
      for (const [i, { where, run }] of planned.entries()) {
        const played = await run({ fault: name, where })
        await stage.clear()
        done.push(played)
        const left = ((clock() - began) / (i + 1)) * (planned.length - i - 1)
        const mark = isGood(played) ? '' : ' FAILED'
        say(
          `${name} ${i + 1} of ${planned.length}, about ${Math.round(left / 1000)} s left: ${where}: ${played.outcome}${mark}`,
        )
      }
    }
    return done
  } finally {
    await stage.clear()
  }
}
