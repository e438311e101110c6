import {
  agentKilledAtOperations,
  agentKilledAtRandom,
  agentKilledWhileDelivering,
  trainerKilledAtOperations,
} from './agent-killed.ts'
import { agentStopped, agentStoppedTooLong } from './agent-stopped.ts'
import {
  acknowledgementLost,
  chunkAnswersLost,
  networkCuts,
  networkDelays,
  networkReorders,
  networkThrottled,
  transfersAltered,
  uploadsBroken,
} from './bad-networks.ts'
import { clockJumps } from './clock-jumps.ts'
import {
  coordinatorKilledAtOperations,
  coordinatorKilledAtRandom,
  coordinatorKilledWhileRecovering,
} from './coordinator-killed.ts'
import { coordinatorKilledStateful } from './coordinator-killed-stateful.ts'
import { agentDiskFull, coordinatorDiskFull } from './disks-full.ts'
import type { Fault } from './fault.ts'
import { agentKilledOnTheWire, coordinatorKilledOnTheWire } from './killed-on-the-wire.ts'
import { asynchronousKilledAtRandom } from './asynchronous-killed.ts'
import { killedAtJournalSteps } from './journal-steps.ts'
import { lateAgentKilled } from './late-agent-killed.ts'

/** In the table's order. */
export const faults: readonly Fault[] = [
  coordinatorKilledAtOperations,
  coordinatorKilledWhileRecovering,
  coordinatorKilledAtRandom,
  coordinatorKilledStateful,
  coordinatorKilledOnTheWire,
  ...killedAtJournalSteps,
  asynchronousKilledAtRandom,
  agentKilledAtOperations,
  agentKilledWhileDelivering,
  lateAgentKilled,
  agentKilledOnTheWire,
  agentKilledAtRandom,
  trainerKilledAtOperations,
  agentStopped,
  agentStoppedTooLong,
  acknowledgementLost,
  networkCuts,
  networkDelays,
  networkThrottled,
  networkReorders,
  uploadsBroken,
  chunkAnswersLost,
  transfersAltered,
  coordinatorDiskFull,
  agentDiskFull,
  clockJumps,
]
