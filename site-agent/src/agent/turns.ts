/** One piece of work at a time, in the order in which turns are asked for: whoever had one asks again behind all who wait. */
export interface Turn {
  /** Gives up a place in the line; work that has begun ends as it sees fit. */
  readonly signal: AbortSignal
  /** Told if there is somebody to wait for. */
  readonly onWait: () => void
}

export type TakeTurn = <T>(work: () => Promise<T>, turn: Turn) => Promise<T>

export function createTurns(): TakeTurn {
  const line: (() => void)[] = []
  let isTaken = false
  const pass = (): void => {
    const next = line.shift()
    if (next === undefined) isTaken = false
    else next()
  }
  return async (work, { signal, onWait }) => {
    signal.throwIfAborted()
    if (isTaken) {
      onWait()
      await placeIn(line, signal)
    }
    isTaken = true
    try {
      return await work()
    } finally {
      pass()
    }
  }
}

/** Resolves when the turn comes. Throws the signal's reason when it aborts first. */
function placeIn(line: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      line.splice(line.indexOf(come), 1)
      reject(signal.reason as Error)
    }
    const come = (): void => {
      signal.removeEventListener('abort', leave)
      resolve()
    }
    line.push(come)
    signal.addEventListener('abort', leave)
  })
}
