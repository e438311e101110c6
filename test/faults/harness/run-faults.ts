/** Plays the faults one after the other, and of each several cases at a time: they wait more than they compute. */
import { isGood, type FaultCase } from './fault-case.ts'
import type { Fault, PlannedCase } from './fault.ts'
import { createStage, type Stage } from './stage.ts'

export interface RunOptions {
  readonly faults: readonly Fault[]
  readonly seed: number
  /** Of each fault's cases, every n-th. */
  readonly every?: number
  /** Cases at a time. */
  readonly parallel?: number
  readonly say: (line: string) => void
  /** Milliseconds. */
  readonly clock: () => number
}

export async function runFaults(options: RunOptions): Promise<readonly FaultCase[]> {
  const done: FaultCase[] = []
  const { faults, say, clock } = options
  const began = clock()
  for (const [i, fault] of faults.entries()) {
    const minutes = ((clock() - began) / 60_000).toFixed(1)
    say(`Fault ${i + 1} of ${faults.length}, after ${minutes} min: ${fault.title}`)
    done.push(...(await runFault(options, fault)))
  }
  return done
}

async function runFault(options: RunOptions, fault: Fault): Promise<readonly FaultCase[]> {
  const { seed, every = 1, parallel = 1, say, clock } = options
  const { name } = fault
  const all = await onStage(seed, (stage) => fault.cases(stage))
  const planned = all.filter((_, i) => i % every === 0)
  const began = clock()
  const played: FaultCase[] = []
  let count = 0
  const play = async ({ where, run }: PlannedCase, i: number): Promise<void> => {
    const one = await onStage(seed, (stage) => run(stage, { fault: name, where }))
    played[i] = one
    count += 1
    const left = ((clock() - began) / count) * (planned.length - count)
    const mark = isGood(one) ? '' : ' FAILED'
    const progress = `${name} ${count} of ${planned.length}, about ${Math.round(left / 1000)} s left`
    say(`${progress}: ${where}: ${one.outcome}${mark}`)
  }
  const queue = planned.entries()
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (const [i, one] of queue) await play(one, i)
    }),
  )
  return played
}

async function onStage<T>(seed: number, work: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = createStage(seed)
  try {
    return await work(stage)
  } finally {
    await stage.clear()
  }
}
