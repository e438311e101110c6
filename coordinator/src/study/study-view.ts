/** The study as the dashboard and GET /v1/study show it. */
import type { StudyPlan } from '@consilium/study'
import type { ModelRecord } from '../journal/journal-event.ts'
import { contributionsOf, type Contribution } from '../registry/manifest.ts'
import { describeClosing } from '../rounds/describe-closing.ts'
import { describeWait } from '../rounds/describe-wait.ts'
import {
  currentRound,
  trainingSites,
  type CommittedRound,
  type Orders,
  type Phase,
  type Round,
  type SiteProblem,
  type StudyState,
} from '../rounds/study-state.ts'
import type { LiveSites, SitePresence } from '../sockets/live-sites.ts'
import type { Connections } from '../store/connections.ts'

export interface SiteView extends SitePresence {
  readonly site: string
  readonly joined: boolean
  readonly imagesBucket: number
  readonly agentVersion: string
}

export interface RoundView {
  readonly round: number
  readonly status: 'collecting' | 'averaging' | 'folded' | 'committed'
  /** As far as it has come. */
  readonly stage: RoundStage
  readonly base: string
  readonly invited: readonly string[]
  /** Updates it closes with; absent: those of all who are invited. */
  readonly wanted?: number
  /** Those who said that they train, and have not reported yet. */
  readonly training: readonly string[]
  /** SHA-256 of each update that is in. */
  readonly updates: Readonly<Record<string, string>>
  /** Mean loss each site reported with its update. */
  readonly losses: Readonly<Record<string, number>>
  readonly failures: readonly SiteProblem[]
  readonly refusals: readonly SiteProblem[]
  readonly extensions: number
  /** These six once the round is committed. */
  readonly contributors?: readonly Contribution[]
  readonly missing?: readonly string[]
  readonly reason?: CommittedRound['reason']
  readonly closed?: string
  readonly model?: ModelRecord
  /** Of the contributors, weighted by samples. */
  readonly meanLoss?: number
}

/** What the next fact in the life of a round is waited for: acceptances, updates, the fold, the commit. */
export type RoundStage = 'invited' | 'training' | 'spooled' | 'closed' | 'folded' | 'committed'

export interface WireView {
  readonly bytesUp: number
  readonly bytesDown: number
  readonly updates: number
  readonly downloads: number
  readonly parameters: number
  /** Bytes of HTTP bodies over the parameters they carried; undefined before the first transfer. */
  readonly bytesPerParameterUp?: number
  readonly bytesPerParameterDown?: number
}

export interface StudyView {
  /** Of the last event in this view: observe from here on. */
  readonly seq: number
  readonly study: string
  readonly state: Phase['kind']
  /** Why it waits, for people. */
  readonly wait: string
  /** The operator's orders. */
  readonly orders: Orders
  /** Sites that still train for an earlier round, and that round. */
  readonly stragglers: Readonly<Record<string, number>>
  /** The round that is open or comes next, and how many there will be. */
  readonly round: number
  readonly roundsPlanned: number
  readonly plan: StudyPlan
  readonly planSha256: string
  readonly model: ModelRecord
  readonly release?: ModelRecord
  readonly aborted?: { readonly code: string; readonly message: string }
  readonly sites: readonly SiteView[]
  readonly rounds: readonly RoundView[]
  readonly wire: WireView
}

export interface Surroundings {
  readonly live: Pick<LiveSites, 'presenceOf'>
  readonly connections: Pick<Connections, 'elsewhere'>
  readonly deadlineInMs: number
}

export function studyView(state: StudyState, surroundings: Surroundings): StudyView {
  const { deadlineInMs } = surroundings
  const { phase, plan, planSha256, model, orders, stragglers } = state
  const open = currentRound(state)
  return {
    seq: state.seq,
    study: plan.name,
    state: phase.kind,
    wait: describeWait(state, deadlineInMs),
    orders,
    stragglers: Object.fromEntries(stragglers),
    round: Math.min(state.rounds.length + 1, orders.rounds),
    roundsPlanned: orders.rounds,
    plan,
    planSha256,
    model,
    ...(phase.kind === 'finished' ? { release: phase.release } : {}),
    ...(phase.kind === 'aborted' ? { aborted: { code: phase.code, message: phase.message } } : {}),
    sites: siteViews(state, surroundings),
    rounds: [...state.rounds.map(committedView), ...(open ? [openView(open, phase)] : [])],
    wire: wireView(state),
  }
}

/** Connected to any coordinator; what else is said of a connection, only the one that has it knows. */
const siteViews = (
  { members }: StudyState,
  { live, connections }: Surroundings,
): readonly SiteView[] =>
  [...members.values()]
    .map(({ site, joined, imagesBucket, agentVersion }) => ({
      site,
      joined,
      imagesBucket,
      agentVersion,
      ...live.presenceOf(site),
      ...(connections.elsewhere().has(site) && { connected: true }),
    }))
    .sort((a, b) => (a.site < b.site ? -1 : 1))

const commonView = (round: Round): Omit<RoundView, 'status' | 'stage'> => ({
  round: round.round,
  base: round.base,
  invited: round.invited,
  ...(round.wanted !== undefined && { wanted: round.wanted }),
  training: trainingSites(round),
  updates: Object.fromEntries(round.updates.map(({ site, sha256 }) => [site, sha256])),
  losses: Object.fromEntries(round.updates.map(({ site, meanLoss }) => [site, meanLoss])),
  failures: round.failures,
  refusals: round.refusals,
  extensions: round.extensions,
})

const openView = (round: Round, { kind }: Phase): RoundView => {
  const common = commonView(round)
  if (kind === 'averaging') return { ...common, status: 'averaging', stage: 'closed' }
  if (kind === 'folded') return { ...common, status: 'folded', stage: 'folded' }
  return { ...common, status: 'collecting', stage: stageOfOpen(round) }
}

function stageOfOpen(round: Round): RoundStage {
  if (round.updates.length > 0) return 'spooled'
  return round.accepted.length > 0 ? 'training' : 'invited'
}

const committedView = (round: CommittedRound): RoundView => ({
  ...commonView(round),
  status: 'committed',
  stage: 'committed',
  reason: round.reason,
  closed: describeClosing(round),
  contributors: contributionsOf(round),
  missing: round.missing,
  model: round.model,
  meanLoss: round.meanLoss,
})

function wireView({ up, down, initial }: StudyState): WireView {
  return {
    bytesUp: up.bytes,
    bytesDown: down.bytes,
    updates: up.transfers,
    downloads: down.transfers,
    parameters: initial.parameters,
    ...(up.parameters > 0 ? { bytesPerParameterUp: up.bytes / up.parameters } : {}),
    ...(down.parameters > 0 ? { bytesPerParameterDown: down.bytes / down.parameters } : {}),
  }
}
