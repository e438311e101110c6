import type { End } from './enduring-site.ts'
import { BYTE_IDENTICAL, EXPLAINED_REFUSAL, SKIPPED, type FaultCase } from './fault-case.ts'
import { SmallDiskRefusedError } from './small-disk.ts'

export interface Outcome {
  readonly end: End
  /** Broken promises, in words. */
  readonly problems: readonly string[]
  /** False where the study was over before the fault came. */
  readonly struck?: boolean
}

/**
 * Plays a study and compares its end with the undisturbed one's, which is played afterwards where it depends on what
 * happened. Never throws.
 */
export async function caseOf(
  what: Pick<FaultCase, 'fault' | 'where'>,
  undisturbed: End | (() => Promise<End>),
  play: () => Promise<Outcome>,
): Promise<FaultCase> {
  try {
    const outcome = await play()
    const end = typeof undisturbed === 'function' ? await undisturbed() : undisturbed
    return judge(what, end, outcome)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const skipped = error instanceof SmallDiskRefusedError
    return { ...what, outcome: skipped ? `${SKIPPED}: ${message}` : message, identical: false }
  }
}

function judge(
  what: Pick<FaultCase, 'fault' | 'where'>,
  undisturbed: End,
  { end, problems, struck = true }: Outcome,
): FaultCase {
  const same = JSON.stringify(end) === JSON.stringify(undisturbed)
  const identical = same && end.kind === 'released'
  if (problems.length > 0) return { ...what, outcome: problems.join('; '), identical }
  if (!same) return { ...what, outcome: `another end: ${describe(end)}`, identical }
  if (!struck) return { ...what, outcome: TOO_LATE, identical }
  if (end.kind !== 'refused') return { ...what, outcome: BYTE_IDENTICAL, identical }
  return { ...what, outcome: `${EXPLAINED_REFUSAL}: ${end.message}`, identical }
}

const describe = (end: End): string =>
  end.kind === 'released' ? 'another model' : end.kind === 'refused' ? end.message : 'nothing'

const TOO_LATE = `${SKIPPED}: the study was over before it came to that`
