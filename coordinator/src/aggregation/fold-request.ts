/** What is folded, and what comes of it. Plain data: it travels to a thread and back. */
import type { ErrorDetails } from '@consilium/errors'
import type { AggregationPlan, OptimiserPlan, StudyPlan } from '@consilium/study'
import type { WrittenFile } from './model-writer.ts'

interface StoredFile {
  readonly path: string
  readonly sha256: string
}

/** A float32 safetensors file with the model's tensors in the model's order, as admission makes sure. */
export interface FoldUpdate extends StoredFile {
  readonly site: string
  readonly samples: number
  readonly steps: number
  /** Rounds the update is behind; absent: 0. */
  readonly staleness?: number
}

export interface FoldRequest {
  readonly aggregation: AggregationPlan
  /** The sites' own: it says how far a number of steps leads. */
  readonly optimiser: OptimiserPlan
  /** A stale update weighs `(1 + staleness) ^ -exponent` of a fresh one. */
  readonly stalenessExponent: number
  readonly parameters: number
  readonly base: StoredFile
  /** In any order, one per site. */
  readonly updates: readonly FoldUpdate[]
  /** What the last round's fold left for this one: `FoldedFiles.state`. */
  readonly state?: StoredFile
  /** For SCAFFOLD. */
  readonly control?: ControlFacts
}

/** What a control variate depends on besides the updates. */
export interface ControlFacts {
  /** N: of the study, whether they take part in the round or not. */
  readonly sites: number
  readonly round: number
  readonly schedule: StudyPlan['schedule']
}

/** Where the new files go. */
export interface FoldTargets {
  readonly model: string
  readonly state: string
}

/** What a site's update was in the round. */
export interface Contribution {
  readonly site: string
  /** Its factor in the weighted sum; 1/n in rules that go coordinate by coordinate. */
  readonly weight: number
  /** L2 norm of the update as it was sent. */
  readonly norm: number
  /** Cosine of its angle to the aggregate, -1 to 1; 0 where either is zero. */
  readonly cosine: number
}

export interface FoldedFiles {
  readonly model: WrittenFile
  /** What the rule keeps of every parameter for the next round, if it keeps anything. */
  readonly state?: WrittenFile
  /** In the order of the site ids. */
  readonly contributions: readonly Contribution[]
}

/** What the thread answers. */
export type FoldReply =
  | { readonly kind: 'folded'; readonly files: FoldedFiles }
  | { readonly kind: 'failed'; readonly error: ErrorDetails }

/** What the thread is started with. */
export interface FoldJob {
  readonly request: FoldRequest
  readonly targets: FoldTargets
}
