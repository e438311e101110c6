/** What runs, since when, and how long it may still take. */

export interface Task {
  readonly name: string
  /** A guess. */
  readonly seconds: number
}

export interface Progress {
  /** The next task begins. */
  readonly next: () => void
  /** Something about the task that runs. */
  readonly note: (text: string) => void
}

interface ProgressOptions {
  readonly tasks: readonly Task[]
  readonly say: (line: string) => void
  /** Milliseconds. */
  readonly clock: () => number
}

export function createProgress({ tasks, say, clock }: ProgressOptions): Progress {
  const startedAt = clock()
  let current = -1
  let taskStartedAt = startedAt
  const note = (text: string): void => {
    const elapsed = (clock() - startedAt) / 1000
    const before = (taskStartedAt - startedAt) / 1000
    const left = secondsLeft(tasks, { current, before, within: elapsed - before })
    say(`[${asClock(elapsed)}, about ${asClock(left)} left] ${tasks[current]!.name}: ${text}`)
  }
  return {
    next() {
      current += 1
      taskStartedAt = clock()
      note('starts')
    },
    note,
  }
}

interface Position {
  /** Index of the task that runs. */
  readonly current: number
  /** Seconds of all tasks before it. */
  readonly before: number
  /** Seconds of this one so far. */
  readonly within: number
}

/** The guesses of what is left, stretched as those of what is done would have had to be. */
export function secondsLeft(tasks: readonly Task[], { current, before, within }: Position): number {
  const guessed = (some: readonly Task[]): number =>
    some.reduce((sum, { seconds }) => sum + seconds, 0)
  const pace = current === 0 ? 1 : before / guessed(tasks.slice(0, current))
  const ofCurrent = Math.max(0, pace * tasks[current]!.seconds - within)
  return ofCurrent + pace * guessed(tasks.slice(current + 1))
}

/** 75 s is 1:15. */
function asClock(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
