/** The state of a study: what the journal adds up to, and nothing else. */
import type { StudyPlan } from '@consilium/study'
import type {
  ClosingReason,
  ContributionRecord,
  FileRecord,
  ModelRecord,
  UpdateRecord,
} from '../journal/journal-event.ts'

export interface Member {
  readonly site: string
  readonly instanceSha256: string
  readonly imagesBucket: number
  readonly agentVersion: string
  /** False after the site left; it may come back under the same name. */
  readonly joined: boolean
  /** Known to have no connection. */
  readonly away: boolean
}

export interface SiteProblem {
  readonly site: string
  readonly code: string
}

/** A round from its opening on. */
export interface Round {
  readonly round: number
  /** SHA-256 of the model the sites start from. */
  readonly base: string
  readonly invited: readonly string[]
  /** Updates it closes with; undefined: those of all who are invited. */
  readonly wanted: number | undefined
  /** Those who said that they train, in order. */
  readonly accepted: readonly string[]
  /** One per site at most, in order of arrival. */
  readonly updates: readonly UpdateRecord[]
  readonly failures: readonly SiteProblem[]
  readonly refusals: readonly SiteProblem[]
  /** How often the deadline passed without a quorum. */
  readonly extensions: number
  /** What was left of the deadline when the journal last spoke of it. */
  readonly remainingMs: number
}

export interface ClosedRound extends Round {
  readonly reason: ClosingReason
  readonly contributors: readonly string[]
  readonly missing: readonly string[]
}

/** What a fold made of a closed round. */
export interface Folded {
  readonly model: ModelRecord
  /** Of the contributors, weighted by samples. */
  readonly meanLoss: number
  /** By site id; none in journals of version 0.1. */
  readonly contributions: readonly ContributionRecord[]
  /** What the rule keeps for the next round. */
  readonly optimiserState?: FileRecord
}

export type CommittedRound = ClosedRound & Folded

export type Phase =
  /** Waits for sites before round `round` opens. */
  | { readonly kind: 'gathering'; readonly round: number }
  | { readonly kind: 'collecting'; readonly round: Round }
  | { readonly kind: 'averaging'; readonly round: ClosedRound }
  | { readonly kind: 'folded'; readonly round: CommittedRound }
  | { readonly kind: 'releasing' }
  | { readonly kind: 'finished'; readonly release: ModelRecord }
  | { readonly kind: 'aborted'; readonly code: string; readonly message: string }

/** Bytes of HTTP bodies and the parameters they carried. */
export interface Traffic {
  readonly transfers: number
  readonly bytes: number
  readonly parameters: number
}

/** What the operator wants, apart from the plan. */
export interface Orders {
  /** The first round waits for the operator's start. */
  readonly held: boolean
  /** Sites the first round waits for. */
  readonly startWith: number
  /** The study has this many rounds in all. */
  readonly rounds: number
  readonly paused: { readonly reason?: string } | undefined
  readonly stopping: 'now' | 'after-round' | undefined
}

export interface StudyState {
  /** Number of the last journal entry in it. */
  readonly seq: number
  readonly plan: StudyPlan
  readonly planSha256: string
  /** The untrained model. */
  readonly initial: ModelRecord
  /** The newest global model. */
  readonly model: ModelRecord
  /** By site id. */
  readonly members: ReadonlyMap<string, Member>
  /**
   * Sites that still train for a round that is closed, and that round, where the plan has a use for late updates. They
   * are not invited to another one meanwhile.
   */
  readonly stragglers: ReadonlyMap<string, number>
  readonly rounds: readonly CommittedRound[]
  readonly phase: Phase
  /** The round that was dropped, or in hand when the study was aborted: its updates are deleted. */
  readonly abandoned: Round | undefined
  readonly orders: Orders
  readonly up: Traffic
  readonly down: Traffic
}

/** The round that is open, closed or folded, or undefined between rounds. */
export function currentRound({ phase }: StudyState): Round | undefined {
  switch (phase.kind) {
    case 'collecting':
    case 'averaging':
    case 'folded':
      return phase.round
    case 'gathering':
    case 'releasing':
    case 'finished':
    case 'aborted':
      return undefined
  }
}

/** The round that takes updates. */
export const openRound = ({ phase }: StudyState): Round | undefined =>
  phase.kind === 'collecting' ? phase.round : undefined

/** Site ids of those who joined and did not leave, sorted. */
export const joinedSites = ({ members }: StudyState): readonly string[] =>
  [...members.values()]
    .filter((member) => member.joined)
    .map((member) => member.site)
    .sort()

/** Joined sites that do not train for an earlier round. */
export const idleSites = (state: StudyState): readonly string[] =>
  joinedSites(state).filter((site) => !state.stragglers.has(site))

/** Invited sites that have neither delivered nor failed. */
export function outstandingSites(round: Round): readonly string[] {
  const reported = new Set([...round.updates, ...round.failures].map(({ site }) => site))
  return round.invited.filter((site) => !reported.has(site))
}

/** Outstanding sites that said they train. */
export const trainingSites = (round: Round): readonly string[] =>
  outstandingSites(round).filter((site) => round.accepted.includes(site))

/** What is left of the open round's deadline while it stands still; undefined while it runs, or there is none. */
export function heldDeadlineMs(state: StudyState): number | undefined {
  return state.orders.paused === undefined ? undefined : openRound(state)?.remainingMs
}
