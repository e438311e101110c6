/** The state of a study: what the journal adds up to, and nothing else. */
import type { StudyPlan } from '@consilium/study'
import type { FileRecord, ModelRecord, UpdateRecord } from '../journal/journal-event.ts'

export interface Member {
  readonly site: string
  readonly instanceSha256: string
  readonly imagesBucket: number
  readonly agentVersion: string
  /** False after the site left; it may come back under the same name. */
  readonly joined: boolean
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
  /** One per site at most, in order of arrival. */
  readonly updates: readonly UpdateRecord[]
  readonly failures: readonly SiteProblem[]
  readonly refusals: readonly SiteProblem[]
  /** How often the deadline passed without a quorum. */
  readonly extensions: number
}

export interface CommittedRound extends Round {
  readonly reason: 'all-reported' | 'deadline'
  readonly contributors: readonly string[]
  readonly missing: readonly string[]
  readonly model: ModelRecord
  /** Of the contributors, weighted by samples. */
  readonly meanLoss: number
  /** What the aggregation kept for the next round. */
  readonly optimiserState?: FileRecord
}

export type Phase =
  /** Waits for sites before round `round` opens. */
  | { readonly kind: 'gathering'; readonly round: number }
  | { readonly kind: 'collecting'; readonly round: Round }
  | {
      readonly kind: 'averaging'
      readonly round: Omit<CommittedRound, 'model' | 'meanLoss' | 'optimiserState'>
    }
  | { readonly kind: 'releasing' }
  | { readonly kind: 'finished'; readonly release: ModelRecord }
  | { readonly kind: 'aborted'; readonly code: string; readonly message: string }

/** Bytes of HTTP bodies and the parameters they carried. */
export interface Traffic {
  readonly transfers: number
  readonly bytes: number
  readonly parameters: number
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
  readonly rounds: readonly CommittedRound[]
  readonly phase: Phase
  readonly up: Traffic
  readonly down: Traffic
}

/** The round that is open or being averaged, or undefined between rounds. */
export function currentRound({ phase }: StudyState): Round | undefined {
  return phase.kind === 'collecting' || phase.kind === 'averaging' ? phase.round : undefined
}

/** Site ids of those who joined and did not leave, sorted. */
export const joinedSites = ({ members }: StudyState): readonly string[] =>
  [...members.values()]
    .filter((member) => member.joined)
    .map((member) => member.site)
    .sort()

/** Invited sites that have neither delivered nor failed. */
export function outstandingSites(round: Round): readonly string[] {
  const reported = new Set([...round.updates, ...round.failures].map(({ site }) => site))
  return round.invited.filter((site) => !reported.has(site))
}
