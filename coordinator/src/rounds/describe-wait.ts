/** Why a study waits, for people. Every state has an answer. */
import { formatDuration } from './format-duration.ts'
import {
  joinedSites,
  outstandingSites,
  trainingSites,
  type Round,
  type StudyState,
} from './study-state.ts'

/** Sites named in one sentence; further ones are counted. */
const NAMED_SITES = 5

/** `deadlineInMs`: until the deadline of the open round; without it the sentence does not count down. */
export function describeWait(state: StudyState, deadlineInMs?: number): string {
  const { paused } = state.orders
  const isOver = state.phase.kind === 'finished' || state.phase.kind === 'aborted'
  if (paused === undefined || isOver) return describePhase(state, deadlineInMs)
  const reason = paused.reason === undefined ? '' : ` (${paused.reason})`
  return `paused by the operator${reason}; ${describePhase(state, deadlineInMs)}`
}

function describePhase(state: StudyState, deadlineInMs?: number): string {
  const { phase } = state
  switch (phase.kind) {
    case 'gathering':
      return describeGathering(state, phase.round)
    case 'collecting':
      return describeCollecting(state, phase.round, deadlineInMs)
    case 'averaging':
      return `round ${phase.round.round}: closed, folding ${count(phase.round.contributors.length, 'update')}`
    case 'folded':
      return `round ${phase.round.round}: folded, committing the model`
    case 'releasing':
      return 'preparing the release of the backbone'
    case 'finished':
      return `finished after ${count(state.rounds.length, 'round')}: the backbone is released`
    case 'aborted':
      return `aborted: ${phase.message}`
  }
}

function describeGathering(state: StudyState, round: number): string {
  const { held, startWith } = state.orders
  const joined = joinedSites(state).filter((site) => state.members.get(site)?.away === false)
  const names = joined.length > 0 ? ` (${listed(joined)})` : ''
  if (held)
    return `waiting for the operator to start the study: ${joined.length} of ${startWith} joined${names}`
  return round === 1
    ? `waiting for sites: ${joined.length} of ${startWith} joined${names}`
    : `round ${round}: waiting for sites to come back: ${joined.length} joined${names}, the quorum is ${state.plan.cohort.quorum}`
}

function describeCollecting(state: StudyState, round: Round, deadlineInMs?: number): string {
  const outstanding = outstandingSites(round).map((site) => noteOn(state, round, site))
  const training = trainingSites(round).length
  const failed = round.failures.map(({ site, code }) => `${site} failed with ${code}`)
  return [
    `round ${round.round}: waiting for ${outstanding.length > 0 ? listed(outstanding) : 'late updates'}: ${round.updates.length} of ${round.wanted ?? round.invited.length} in`,
    ...(training > 0 ? [`${training} in training`] : []),
    ...failed,
    ...[...state.stragglers].map(([site, of]) => `${site} still trains for round ${of}`),
    ...(deadlineInMs === undefined ? [] : [deadlineNote(state, deadlineInMs)]),
    ...(round.extensions > 0
      ? [
          `extended ${count(round.extensions, 'time')} for want of ${count(state.plan.cohort.quorum, 'update')}`,
        ]
      : []),
    ...(state.orders.stopping === undefined ? [] : ['the study ends with this round']),
  ].join(', ')
}

const deadlineNote = ({ orders }: StudyState, inMs: number): string =>
  orders.paused === undefined
    ? `deadline in ${formatDuration(inMs)}`
    : `the deadline stands still with ${formatDuration(inMs)} left`

function noteOn(state: StudyState, round: Round, site: string): string {
  const refusal = round.refusals.findLast((refused) => refused.site === site)
  if (state.members.get(site)?.joined === false) return `${site} (left)`
  return refusal === undefined ? site : `${site} (its update was refused: ${refusal.code})`
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMED_SITES
  return more > 1 ? `${names.slice(0, NAMED_SITES).join(', ')} and ${more} more` : names.join(', ')
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
