/** Whether a coordinator can do its work now: a list of small checks, each with words for the person on call. */

export interface Check {
  readonly name: string
  /** Undefined if all is well, else what is wrong and what to do. */
  run(): Promise<string | undefined>
}

export interface Readiness {
  readonly ready: boolean
  /** By name of the check: `ok`, or what is wrong. */
  readonly checks: Readonly<Record<string, string>>
}

/** A check that takes longer has failed. */
export const CHECK_TIMEOUT_MS = 5000

/** Answers with the way to ask. Questions that come while the checks run share their answer. */
export function createReadiness(checks: readonly Check[]): () => Promise<Readiness> {
  let running: Promise<Readiness> | undefined
  return () =>
    (running ??= runAll(checks).finally(() => {
      running = undefined
    }))
}

async function runAll(checks: readonly Check[]): Promise<Readiness> {
  const problems = await Promise.all(checks.map(runInTime))
  return {
    ready: problems.every((problem) => problem === undefined),
    checks: Object.fromEntries(checks.map(({ name }, i) => [name, problems[i] ?? 'ok'])),
  }
}

async function runInTime(check: Check): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => {
      resolve(`no answer within ${CHECK_TIMEOUT_MS / 1000} s`)
    }, CHECK_TIMEOUT_MS)
  })
  try {
    return await Promise.race([check.run(), late])
  } catch (error) {
    return `failed: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    clearTimeout(timer)
  }
}
