import {
  agentKilledAtOperations,
  agentKilledAtRandom,
  agentKilledWhileDelivering,
  trainerKilledAtOperations,
} from './agent-killed.ts'
import { agentStopped, agentStoppedTooLong } from './agent-stopped.ts'
import {
  acknowledgementLost,
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
import { agentDiskFull, coordinatorDiskFull } from './disks-full.ts'
import type { Fault } from './fault.ts'
import { agentKilledOnTheWire } from './agent-killed-on-the-wire.ts'
import { asynchronousKilledAtRandom } from './asynchronous-killed.ts'
import { killedAtJournalSteps } from './journal-steps.ts'
import { lateAgentKilled } from './late-agent-killed.ts'

/** In the table's order. */
export const faults: readonly Fault[] = [
  coordinatorKilledAtOperations,
  coordinatorKilledWhileRecovering,
  coordinatorKilledAtRandom,
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
  transfersAltered,
  coordinatorDiskFull,
  agentDiskFull,
  clockJumps,
]
