/** Says what is going on, but not before it has taken a while: a quick answer needs no explanation. */
export interface Progress {
  readonly phase: (text: string) => void
  readonly end: () => void
}

export function slowProgress(say: (text: string) => void, afterMs: number): Progress {
  let current: string | undefined
  let isSlow = false
  const timer = setTimeout(() => {
    isSlow = true
    if (current !== undefined) say(current)
  }, afterMs)
  return {
    phase(text) {
      current = text
      if (isSlow) say(text)
    },
    end() {
      clearTimeout(timer)
    },
  }
}
