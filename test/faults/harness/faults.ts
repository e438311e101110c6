import {
  agentKilledAtOperations,
  agentKilledAtRandom,
  trainerKilledAtOperations,
} from './agent-killed.ts'
import { agentStopped, agentStoppedTooLong } from './agent-stopped.ts'
import {
  acknowledgementLost,
  networkCuts,
  networkDelays,
  networkReorders,
  networkThrottled,
} from './bad-networks.ts'
import { clockJumps } from './clock-jumps.ts'
import {
  coordinatorKilledAtOperations,
  coordinatorKilledAtRandom,
  coordinatorKilledWhileRecovering,
} from './coordinator-killed.ts'
import { agentDiskFull, coordinatorDiskFull } from './disks-full.ts'
import type { Fault } from './fault.ts'

/** In the table's order. */
export const faults: readonly Fault[] = [
  coordinatorKilledAtOperations,
  coordinatorKilledWhileRecovering,
  coordinatorKilledAtRandom,
  agentKilledAtOperations,
  agentKilledAtRandom,
  trainerKilledAtOperations,
  agentStopped,
  agentStoppedTooLong,
  acknowledgementLost,
  networkCuts,
  networkDelays,
  networkThrottled,
  networkReorders,
  coordinatorDiskFull,
  agentDiskFull,
  clockJumps,
]
