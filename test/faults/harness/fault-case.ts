/** What one fault did to one study. */
export interface FaultCase {
  /** Name of the fault. */
  readonly fault: string
  /** Where it struck. */
  readonly where: string
  /** 'byte-identical', 'explained refusal' and what was refused, 'skipped' and why, or what went wrong. */
  readonly outcome: string
  /** Whether the released model is, byte by byte, that of the undisturbed study. */
  readonly identical: boolean
}

export const BYTE_IDENTICAL = 'byte-identical'
export const EXPLAINED_REFUSAL = 'explained refusal'
export const SKIPPED = 'skipped'

/** Whether a study may end like this. What this machine cannot show is no failure, and is said. */
export const isGood = ({ outcome }: FaultCase): boolean =>
  [BYTE_IDENTICAL, EXPLAINED_REFUSAL, SKIPPED].some((good) => outcome.startsWith(good))
