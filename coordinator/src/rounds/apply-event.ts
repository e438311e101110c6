/** The fold: state and one fact give the next state. Pure; the journal's order is the only order. */
import type { StudyPlan } from '@consilium/study'
import { pick, type ByKind, type EventOf } from '../journal/by-kind.ts'
import type { JournalEvent, UpdateRecord } from '../journal/journal-event.ts'
import { afterOrder } from './apply-order.ts'
import { betweenRounds } from './between-rounds.ts'
import { stragglersOf, withoutStraggler, withThoseBehind } from './stragglers.ts'
import {
  currentRound,
  type Member,
  type Phase,
  type Round,
  type StudyState,
  type Traffic,
} from './study-state.ts'

const NO_TRAFFIC: Traffic = { transfers: 0, bytes: 0, parameters: 0 }

/** The state after the first event of a journal. */
export const stateOfNewStudy = ({
  plan,
  planSha256,
  model,
  hold = false,
}: EventOf<'study-created'>): StudyState => ({
  seq: 1,
  plan,
  planSha256,
  initial: model,
  model,
  members: new Map(),
  stragglers: new Map(),
  rounds: [],
  phase: { kind: 'gathering', round: 1 },
  abandoned: undefined,
  orders: {
    held: hold,
    startWith: plan.cohort.sites,
    rounds: plan.schedule.rounds,
    paused: undefined,
    stopping: undefined,
  },
  up: NO_TRAFFIC,
  down: NO_TRAFFIC,
})

export const applyEvent = (state: StudyState, event: JournalEvent): StudyState => ({
  ...pick(FOLDS, event)(event, state),
  seq: state.seq + 1,
})

const withMember = (state: StudyState, member: Member): StudyState => ({
  ...state,
  members: new Map(state.members).set(member.site, member),
})

const changedMember = (
  state: StudyState,
  site: string,
  change: Partial<Pick<Member, 'joined' | 'away'>>,
): StudyState => withMember(state, { ...state.members.get(site)!, ...change })

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
  away: false,
})

const openedRound = (
  plan: StudyPlan,
  { round, base, invited, wanted }: EventOf<'round-opened'>,
): Round => ({
  round,
  base,
  invited,
  wanted,
  accepted: [],
  updates: [],
  failures: [],
  refusals: [],
  extensions: 0,
  remainingMs: deadlineMs(plan),
})

const deadlineMs = ({ cohort }: StudyPlan): number => Math.round(cohort.deadlineSeconds * 1000)

function inRound(state: StudyState, change: (round: Round) => Round): StudyState {
  if (state.phase.kind !== 'collecting') return state
  return { ...state, phase: { kind: 'collecting', round: change(state.phase.round) } }
}

/** An update takes the place of a failure the site reported before. */
function afterUpdate(state: StudyState, event: EventOf<'update-spooled'>): StudyState {
  const { site, bytes } = event
  const next = inRound(state, (round) => ({
    ...round,
    updates: [...round.updates, updateRecord(event)],
    failures: round.failures.filter((failure) => failure.site !== site),
  }))
  return {
    ...withoutStraggler(next, site),
    up: plus(state.up, { bytes, parameters: state.model.parameters }),
  }
}

/** Of a straggler it only says that nothing will come any more. */
function afterFailure(
  state: StudyState,
  { round: of, site, code }: EventOf<'site-failed'>,
): StudyState {
  return inRound(withoutStraggler(state, site), (round) =>
    round.round === of ? { ...round, failures: [...round.failures, { site, code }] } : round,
  )
}

function updateRecord({
  format,
  delta,
  staleness,
  ...event
}: EventOf<'update-spooled'>): UpdateRecord {
  const { site, sha256, bytes, samples, meanLoss, steps } = event
  return {
    ...{ site, sha256, bytes, samples, meanLoss, steps },
    ...(format === undefined ? {} : { format }),
    ...(delta === undefined ? {} : { delta }),
    ...(staleness === undefined ? {} : { staleness }),
  }
}

function closedPhase({ phase }: StudyState, event: EventOf<'round-closed'>): Phase {
  if (phase.kind !== 'collecting') throw new Error('internal: only an open round closes')
  const { reason, contributors, missing } = event
  return { kind: 'averaging', round: { ...phase.round, reason, contributors, missing } }
}

/** The round is open again without them, for as long as a new one. */
function afterLoss(state: StudyState, { sites }: EventOf<'updates-lost'>): StudyState {
  const { phase, plan } = state
  if (phase.kind !== 'averaging')
    throw new Error('internal: only a closed round misses its updates')
  const { round, base, invited, wanted, accepted, failures, refusals, extensions } = phase.round
  const updates = phase.round.updates.filter(({ site }) => !sites.includes(site))
  const open: Round = {
    ...{ round, base, invited, wanted, accepted, updates, failures, refusals, extensions },
    remainingMs: deadlineMs(plan),
  }
  return { ...state, phase: { kind: 'collecting', round: open } }
}

function foldedPhase({ phase }: StudyState, event: EventOf<'round-folded'>): Phase {
  if (phase.kind !== 'averaging') throw new Error('internal: only a closed round is folded')
  const { model, meanLoss, contributions, optimiserState } = event
  const kept = optimiserState === undefined ? {} : { optimiserState }
  return { kind: 'folded', round: { ...phase.round, model, meanLoss, contributions, ...kept } }
}

/** Journals of version 0.1 commit a closed round without saying that it is folded. */
function afterCommit(state: StudyState, event: EventOf<'round-committed'>): StudyState {
  const { phase } = state
  if (phase.kind !== 'averaging' && phase.kind !== 'folded')
    throw new Error('internal: only a closed round commits')
  const { model, meanLoss, optimiserState } = event
  const kept = optimiserState === undefined ? {} : { optimiserState }
  const round = { contributions: [], ...phase.round, model, meanLoss, ...kept }
  return betweenRounds({ ...state, model, rounds: [...state.rounds, round] })
}

const plus = (traffic: Traffic, transfer: { bytes: number; parameters: number }): Traffic => ({
  transfers: traffic.transfers + 1,
  bytes: traffic.bytes + transfer.bytes,
  parameters: traffic.parameters + transfer.parameters,
})

/** Of this version. */
export const isKnownKind = (kind: string): boolean => Object.hasOwn(FOLDS, kind)

const FOLDS: ByKind<[StudyState], StudyState> = {
  'study-created': () => {
    throw new Error('internal: a journal holds one study, and it is its first event')
  },
  'site-joined': (event, state) => withMember(state, memberFrom(event)),
  'site-left': ({ site }, state) =>
    withoutStraggler(changedMember(state, site, { joined: false }), site),
  'site-away': ({ site }, state) => changedMember(state, site, { away: true }),
  'site-back': ({ site }, state) => changedMember(state, site, { away: false }),
  'round-opened': (event, state) => ({
    ...state,
    stragglers: stragglersOf(state, event.round),
    phase: { kind: 'collecting', round: openedRound(state.plan, event) },
  }),
  'sites-invited': ({ sites }, state) =>
    inRound(state, (round) => ({ ...round, invited: [...round.invited, ...sites].sort() })),
  'round-accepted': ({ site }, state) =>
    inRound(state, (round) => ({ ...round, accepted: [...round.accepted, site] })),
  'update-spooled': (event, state) => afterUpdate(state, event),
  'update-refused': ({ site, code }, state) =>
    inRound(state, (round) => ({ ...round, refusals: [...round.refusals, { site, code }] })),
  'site-failed': (event, state) => afterFailure(state, event),
  'deadline-extended': (_, state) =>
    inRound(state, (round) => ({
      ...round,
      extensions: round.extensions + 1,
      remainingMs: deadlineMs(state.plan),
    })),
  'deadline-noted': ({ remainingMs }, state) =>
    inRound(state, (round) => ({ ...round, remainingMs })),
  'round-closed': (event, state) => ({
    ...state,
    stragglers: withThoseBehind(state),
    phase: closedPhase(state, event),
  }),
  'updates-lost': (event, state) => afterLoss(state, event),
  'round-folded': (event, state) => ({ ...state, phase: foldedPhase(state, event) }),
  'round-dropped': (_, state) => betweenRounds({ ...state, abandoned: currentRound(state) }),
  'round-committed': (event, state) => afterCommit(state, event),
  'study-started': (event, state) => afterOrder(state, event),
  'study-paused': (event, state) => afterOrder(state, event),
  'study-resumed': (event, state) => afterOrder(state, event),
  'study-stopping': (event, state) => afterOrder(state, event),
  'study-extended': (event, state) => afterOrder(state, event),
  'study-released': ({ model }, state) => ({
    ...state,
    phase: { kind: 'finished', release: model },
  }),
  'study-aborted': ({ code, message }, state) => ({
    ...state,
    abandoned: currentRound(state) ?? state.abandoned,
    phase: { kind: 'aborted', code, message },
  }),
  'model-downloaded': (event, state) => ({ ...state, down: plus(state.down, event) }),
}
