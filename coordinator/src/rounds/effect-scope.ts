/**
 * Where an effect of the round machine is carried out when several coordinators share a study: in each of them, for the
 * sites connected to it and the clock it shows, or only in the one that holds the lease.
 */
import type { Effect } from './round-machine.ts'

export type PerformedEffect = Exclude<Effect, { kind: 'record' }>

type Scope = 'local' | 'exclusive'

/** A deadline runs in each; what it brings about is recorded under the lease. Each deletes its copies of updates. */
const SCOPES: Readonly<Record<PerformedEffect['kind'], Scope>> = {
  'start-deadline': 'local',
  'stop-deadline': 'local',
  invite: 'local',
  fold: 'exclusive',
  'announce-result': 'local',
  'discard-updates': 'local',
  release: 'exclusive',
  'announce-release': 'local',
  'announce-abort': 'local',
}

export const isExclusive = ({ kind }: PerformedEffect): boolean => SCOPES[kind] === 'exclusive'

export const isPerformed = (effect: Effect): effect is PerformedEffect => effect.kind !== 'record'
