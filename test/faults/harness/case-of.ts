import { BYTE_IDENTICAL, SKIPPED, type FaultCase } from './fault-case.ts'
import type { Played } from './play-study.ts'
import { SmallDiskRefusedError } from './small-disk.ts'

export interface Outcome extends Pick<Played, 'released' | 'problems'> {
  /** False where the study was over before the fault came. */
  readonly struck?: boolean
}

/** Plays a study and compares its release with the undisturbed one's. Never throws. */
export async function caseOf(
  what: Pick<FaultCase, 'fault' | 'where'>,
  undisturbed: string,
  play: () => Promise<Outcome>,
): Promise<FaultCase> {
  try {
    const { released, problems, struck = true } = await play()
    const identical = released === undisturbed
    if (problems.length > 0) return { ...what, outcome: problems.join('; '), identical }
    if (identical && !struck) return { ...what, outcome: TOO_LATE, identical }
    return { ...what, outcome: identical ? BYTE_IDENTICAL : 'another model', identical }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const skipped = error instanceof SmallDiskRefusedError
    return { ...what, outcome: skipped ? `${SKIPPED}: ${message}` : message, identical: false }
  }
}

const TOO_LATE = `${SKIPPED}: the study was over before it came to that`
