/**
 * What the journal holds: the facts of a study, in the order they happened. The state of a study is a fold over them
 * (rounds/apply-event.ts), so a kind is never renamed and never loses a field. Everything here is public to observers:
 * no token, no instance id, nothing a site wrote as free text.
 */
import type { StudyPlan } from '@consilium/study'

/** A model the registry knows: its digest and what a transfer of it costs. */
export interface ModelRecord {
  readonly sha256: string
  readonly bytes: number
  readonly parameters: number
}

/** A file of the blob store. */
export interface FileRecord {
  readonly sha256: string
  readonly bytes: number
}

/** An update on disk, as its site described it and the coordinator bounded it. */
export interface UpdateRecord {
  readonly site: string
  readonly sha256: string
  readonly bytes: number
  /** Images per local epoch: the weight in the average. A claim of the site. */
  readonly samples: number
  readonly meanLoss: number
  readonly steps: number
}

export type JournalEvent =
  | {
      readonly kind: 'study-created'
      readonly plan: StudyPlan
      readonly planSha256: string
      readonly model: ModelRecord
    }
  | {
      readonly kind: 'site-joined'
      readonly site: string
      /** SHA-256 of the agent's instance id: recognises the machine that comes back. */
      readonly instanceSha256: string
      readonly imagesBucket: number
      readonly agentVersion: string
    }
  | { readonly kind: 'site-left'; readonly site: string }
  | {
      readonly kind: 'round-opened'
      readonly round: number
      readonly base: string
      readonly invited: readonly string[]
    }
  | ({ readonly kind: 'update-spooled'; readonly round: number } & UpdateRecord)
  | {
      readonly kind: 'update-refused'
      readonly round: number
      readonly site: string
      readonly code: string
    }
  | {
      readonly kind: 'site-failed'
      readonly round: number
      readonly site: string
      readonly code: string
    }
  | {
      readonly kind: 'deadline-extended'
      readonly round: number
      readonly updates: number
      readonly quorum: number
    }
  | {
      readonly kind: 'round-closed'
      readonly round: number
      readonly reason: 'all-reported' | 'deadline'
      readonly contributors: readonly string[]
      readonly missing: readonly string[]
    }
  | {
      readonly kind: 'round-committed'
      readonly round: number
      readonly model: ModelRecord
      readonly meanLoss: number
      /** What the aggregation keeps for the next round: moments, or SCAFFOLD's control variate. */
      readonly optimiserState?: FileRecord
    }
  | { readonly kind: 'study-released'; readonly model: ModelRecord }
  | { readonly kind: 'study-aborted'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'model-downloaded'
      readonly site: string
      readonly sha256: string
      /** Bytes of the HTTP body, and the parameters in them. */
      readonly bytes: number
      readonly parameters: number
    }

/** An event with its place in the journal. */
export type JournalEntry = JournalEvent & {
  /** From 1, without gaps. */
  readonly seq: number
  /** The coordinator's clock, ISO 8601. For people: nothing is decided by it. */
  readonly at: string
}
