import type { FaultCase } from './fault-case.ts'
import type { Stage } from './stage.ts'

export interface PlannedCase {
  /** Where the fault strikes. */
  readonly where: string
  /** The stage is the case's own. */
  readonly run: (
    stage: Stage,
    what: { readonly fault: string; readonly where: string },
  ) => Promise<FaultCase>
}

/** One kind of failure, and the cases in which it is shown. */
export interface Fault {
  /** For `--only`. */
  readonly name: string
  /** For the table. */
  readonly title: string
  /** Plays the undisturbed study where the cases need one to be compared with. */
  cases(stage: Stage): Promise<readonly PlannedCase[]>
}
