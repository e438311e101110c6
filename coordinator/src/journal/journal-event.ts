/**
 * What the journal holds: the facts of a study, in the order they happened. The state of a study is a fold over them
 * (rounds/apply-event.ts), so a kind is never renamed and never loses a field. Everything here is public to observers:
 * no token, no instance id, nothing a site wrote as free text. A reason the operator gives is the one free text.
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
  /** Rounds it is behind the one it was taken into; absent: 0. */
  readonly staleness?: number
  /** Name of the packed format it was sent in; absent: float32. */
  readonly format?: string
  /** What it was unpacked to, which is folded; absent: the bytes as sent. */
  readonly delta?: { readonly sha256: string; readonly bytes: number }
}

/** A file of the blob store. */
export interface FileRecord {
  readonly sha256: string
  readonly bytes: number
}

/** What became of a site's update in a fold. */
export interface ContributionRecord {
  readonly site: string
  /** Its factor in a weighted sum; 1/n in rules that go coordinate by coordinate. */
  readonly weight: number
  /** L2 norm of the update as it was sent. */
  readonly norm: number
  /** Cosine of its angle to the aggregate, -1 to 1; 0 where either is zero. */
  readonly cosine: number
}

export type ClosingReason = 'all-reported' | 'enough' | 'deadline'

export type JournalEvent =
  | {
      readonly kind: 'study-created'
      readonly plan: StudyPlan
      readonly planSha256: string
      readonly model: ModelRecord
      /** The first round waits for the operator's start, also when the cohort is complete. */
      readonly hold?: boolean
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
  /** Its connection is gone, and is there again: recorded where the plan selects by availability. */
  | { readonly kind: 'site-away'; readonly site: string }
  | { readonly kind: 'site-back'; readonly site: string }
  | {
      readonly kind: 'round-opened'
      readonly round: number
      readonly base: string
      readonly invited: readonly string[]
      /** Updates it closes with; absent: those of all who are invited. */
      readonly wanted?: number
    }
  /** Further sites for the open round. */
  | { readonly kind: 'sites-invited'; readonly round: number; readonly sites: readonly string[] }
  /** The site has the invitation and trains. */
  | { readonly kind: 'round-accepted'; readonly round: number; readonly site: string }
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
  /** What was left of the deadline when it was looked at: a pause or a restart counts on from here. */
  | { readonly kind: 'deadline-noted'; readonly round: number; readonly remainingMs: number }
  | {
      readonly kind: 'round-closed'
      readonly round: number
      readonly reason: ClosingReason
      readonly contributors: readonly string[]
      readonly missing: readonly string[]
    }
  /** Their stored updates were damaged or gone when the closed round was folded: it is open again, and they are asked again. */
  | { readonly kind: 'updates-lost'; readonly round: number; readonly sites: readonly string[] }
  /** The next model is in the blob store. */
  | {
      readonly kind: 'round-folded'
      readonly round: number
      readonly model: ModelRecord
      readonly meanLoss: number
      /** By site id. */
      readonly contributions: readonly ContributionRecord[]
      /** What the rule keeps for the next round. */
      readonly optimiserState?: FileRecord
    }
  /** The round's updates are thrown away: the study was stopped. */
  | { readonly kind: 'round-dropped'; readonly round: number }
  | {
      readonly kind: 'round-committed'
      readonly round: number
      readonly model: ModelRecord
      readonly meanLoss: number
      /** What the aggregation keeps for the next round: moments, or SCAFFOLD's control variate. */
      readonly optimiserState?: FileRecord
    }
  /** By the operator; with fewer sites than the plan's cohort where `sites` is given. */
  | { readonly kind: 'study-started'; readonly sites?: number }
  /** By the operator, in the operator's words. */
  | { readonly kind: 'study-paused'; readonly reason?: string }
  | { readonly kind: 'study-resumed' }
  | { readonly kind: 'study-stopping'; readonly afterRound: boolean }
  /** `rounds` in all; `deadlineMs` is what the open round has left from now. */
  | { readonly kind: 'study-extended'; readonly rounds?: number; readonly deadlineMs?: number }
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
