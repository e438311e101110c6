/** Why a study waits, for people. Every state has an answer. */
import { joinedSites, outstandingSites, type Round, type StudyState } from './study-state.ts'

/** `deadlineInMs`: until the deadline of the open round. */
export function describeWait(state: StudyState, deadlineInMs: number): string {
  const { phase } = state
  switch (phase.kind) {
    case 'gathering':
      return describeGathering(state, phase.round)
    case 'collecting':
      return describeCollecting(state, phase.round, deadlineInMs)
    case 'averaging':
      return `round ${phase.round.round}: averaging ${count(phase.round.contributors.length, 'update')}`
    case 'releasing':
      return 'preparing the release of the backbone'
    case 'finished':
      return `finished after ${count(state.rounds.length, 'round')}: the backbone is released`
    case 'aborted':
      return `aborted: ${phase.message}`
  }
}

function describeGathering(state: StudyState, round: number): string {
  const joined = joinedSites(state)
  const { sites, quorum } = state.plan.cohort
  return round === 1
    ? `waiting for sites: ${joined.length} of ${sites} joined${named(joined)}`
    : `round ${round}: waiting for sites to come back: ${joined.length} joined${named(joined)}, the quorum is ${quorum}`
}

function describeCollecting(state: StudyState, round: Round, deadlineInMs: number): string {
  const notes = outstandingSites(round).map((site) => noteOn(state, round, site))
  const failed = round.failures.map(({ site, code }) => `${site} failed with ${code}`)
  const seconds = Math.max(0, Math.ceil(deadlineInMs / 1000))
  return [
    `round ${round.round}: waiting for ${notes.join(', ')} (${round.updates.length} of ${round.invited.length} in)`,
    ...failed,
    `deadline in ${seconds} s`,
    ...(round.extensions > 0
      ? [
          `extended ${count(round.extensions, 'time')} for want of ${count(state.plan.cohort.quorum, 'update')}`,
        ]
      : []),
  ].join(', ')
}

function noteOn(state: StudyState, round: Round, site: string): string {
  const refusal = round.refusals.findLast((refused) => refused.site === site)
  if (state.members.get(site)?.joined === false) return `${site}, which left`
  return refusal === undefined ? site : `${site} (its update was refused: ${refusal.code})`
}

const named = (sites: readonly string[]): string =>
  sites.length > 0 ? ` (${sites.join(', ')})` : ''

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
