/** The fold: state and one fact give the next state. Pure; the journal's order is the only order. */
import type { JournalEvent } from '../journal/journal-event.ts'
import type { Member, Phase, Round, StudyState, Traffic } from './study-state.ts'

type EventOf<K extends JournalEvent['kind']> = Extract<JournalEvent, { kind: K }>

const NO_TRAFFIC: Traffic = { transfers: 0, bytes: 0, parameters: 0 }

/** The state after the first event of a journal. */
export const stateOfNewStudy = ({
  plan,
  planSha256,
  model,
}: EventOf<'study-created'>): StudyState => ({
  seq: 1,
  plan,
  planSha256,
  initial: model,
  model,
  members: new Map(),
  rounds: [],
  phase: { kind: 'gathering', round: 1 },
  up: NO_TRAFFIC,
  down: NO_TRAFFIC,
})

export const applyEvent = (state: StudyState, event: JournalEvent): StudyState => ({
  ...afterEvent(state, event),
  seq: state.seq + 1,
})

function afterEvent(state: StudyState, event: JournalEvent): StudyState {
  switch (event.kind) {
    case 'study-created':
      throw new Error('internal: a journal holds one study, and it is its first event')
    case 'site-joined':
      return withMember(state, memberFrom(event))
    case 'site-left':
      return withMember(state, { ...state.members.get(event.site)!, joined: false })
    case 'round-opened':
      return { ...state, phase: { kind: 'collecting', round: openedRound(event) } }
    case 'update-spooled':
      return afterUpdate(state, event)
    case 'update-refused':
      return inRound(state, (round) => ({
        ...round,
        refusals: [...round.refusals, { site: event.site, code: event.code }],
      }))
    case 'site-failed':
      return inRound(state, (round) => ({
        ...round,
        failures: [...round.failures, { site: event.site, code: event.code }],
      }))
    case 'deadline-extended':
      return inRound(state, (round) => ({ ...round, extensions: round.extensions + 1 }))
    case 'round-closed':
      return { ...state, phase: closedPhase(state, event) }
    case 'round-committed':
      return afterCommit(state, event)
    case 'study-released':
      return { ...state, phase: { kind: 'finished', release: event.model } }
    case 'study-aborted':
      return {
        ...state,
        phase: { kind: 'aborted', code: event.code, message: event.message },
      }
    case 'model-downloaded':
      return { ...state, down: plus(state.down, event) }
  }
}

const withMember = (state: StudyState, member: Member): StudyState => ({
  ...state,
  members: new Map(state.members).set(member.site, member),
})

const memberFrom = ({
  site,
  instanceSha256,
  imagesBucket,
  agentVersion,
}: EventOf<'site-joined'>): Member => ({
  site,
  instanceSha256,
  imagesBucket,
  agentVersion,
  joined: true,
})

const openedRound = ({ round, base, invited }: EventOf<'round-opened'>): Round => ({
  round,
  base,
  invited,
  updates: [],
  failures: [],
  refusals: [],
  extensions: 0,
})

function inRound(state: StudyState, change: (round: Round) => Round): StudyState {
  if (state.phase.kind !== 'collecting') return state
  return { ...state, phase: { kind: 'collecting', round: change(state.phase.round) } }
}

/** An update takes the place of a failure the site reported before. */
function afterUpdate(state: StudyState, event: EventOf<'update-spooled'>): StudyState {
  const { site, sha256, bytes, samples, meanLoss, steps } = event
  const next = inRound(state, (round) => ({
    ...round,
    updates: [...round.updates, { site, sha256, bytes, samples, meanLoss, steps }],
    failures: round.failures.filter((failure) => failure.site !== site),
  }))
  return { ...next, up: plus(state.up, { bytes, parameters: state.model.parameters }) }
}

function closedPhase({ phase }: StudyState, event: EventOf<'round-closed'>): Phase {
  if (phase.kind !== 'collecting') throw new Error('internal: only an open round closes')
  const { reason, contributors, missing } = event
  return { kind: 'averaging', round: { ...phase.round, reason, contributors, missing } }
}

function afterCommit(state: StudyState, event: EventOf<'round-committed'>): StudyState {
  if (state.phase.kind !== 'averaging') throw new Error('internal: only a closed round commits')
  const { round, model, meanLoss, optimiserState } = event
  const kept = optimiserState === undefined ? {} : { optimiserState }
  return {
    ...state,
    model,
    rounds: [...state.rounds, { ...state.phase.round, model, meanLoss, ...kept }],
    phase:
      round < state.plan.schedule.rounds
        ? { kind: 'gathering', round: round + 1 }
        : { kind: 'releasing' },
  }
}

const plus = (traffic: Traffic, transfer: { bytes: number; parameters: number }): Traffic => ({
  transfers: traffic.transfers + 1,
  bytes: traffic.bytes + transfer.bytes,
  parameters: traffic.parameters + transfer.parameters,
})
