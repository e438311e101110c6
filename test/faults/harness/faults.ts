import {
  coordinatorKilledAtOperations,
  coordinatorKilledAtRandom,
  coordinatorKilledWhileRecovering,
} from './coordinator-killed.ts'
import type { Fault } from './fault.ts'

/** In the table's order. */
export const faults: readonly Fault[] = [
  coordinatorKilledAtOperations,
  coordinatorKilledWhileRecovering,
  coordinatorKilledAtRandom,
]
