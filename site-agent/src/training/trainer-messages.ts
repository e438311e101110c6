/** What the agent and its trainer process say to each other. Weights and images go through files, never through here. */
import type { EvaluationProgress, SiteEvaluation } from '@consilium/learning'
import type { StudyPlan } from '@consilium/study'
import type { CheckpointPace } from './checkpoint-schedule.ts'

export interface TrainJob {
  readonly plan: StudyPlan
  readonly site: string
  /** From 1. */
  readonly round: number
  readonly datasetDir: string
  /** The round's global weights, safetensors. */
  readonly weightsFile: string
  /** Where the trained weights go, safetensors. */
  readonly updatedFile: string
  readonly threads: number
  /** With the rule SCAFFOLD: the site's control variate and the sites' mean of them, safetensors; absent ones are zero. */
  readonly control?: { readonly own?: string; readonly global?: string }
  /** Where the round in progress is kept, and how often. */
  readonly checkpoints: CheckpointPace & { readonly folder: string }
}

export interface TrainProgress {
  readonly step: number
  readonly steps: number
  /** Mean since the round began. */
  readonly loss: number
  readonly imagesPerSecond: number
}

export type TrainEvent =
  | ({ readonly kind: 'step' } & TrainProgress)
  /** Training goes on from a checkpoint: so many of the round's steps had been done. */
  | { readonly kind: 'resumed'; readonly step: number; readonly steps: number }
  /** The job was told to stop, and this much of the round is kept. */
  | { readonly kind: 'saved'; readonly step: number; readonly steps: number }
  /** For the people at the site; training goes on. */
  | { readonly kind: 'notice'; readonly code: string; readonly message: string }

export interface TrainResult {
  readonly steps: number
  readonly samples: number
  readonly meanLoss: number
  readonly imagesPerSecond: number
}

export interface EvaluateJob {
  readonly plan: StudyPlan
  readonly site: string
  readonly datasetDir: string
  /** The released backbone, safetensors. */
  readonly backboneFile: string
  /** Whether to train the local baseline. */
  readonly alone: boolean
  readonly fineTuneSteps: number
  readonly threads: number
}

export type Job =
  | { readonly kind: 'train'; readonly job: TrainJob }
  | { readonly kind: 'evaluate'; readonly job: EvaluateJob }

/** A job that is told to stop ends after the step it is in; a round in progress is kept. */
export type Request = Job | { readonly kind: 'stop' }

export type Progress =
  | { readonly kind: 'train-event'; readonly event: TrainEvent }
  | { readonly kind: 'evaluate-progress'; readonly progress: EvaluationProgress }

/** The last reply to a job. */
export type JobEnd =
  | { readonly kind: 'trained'; readonly result: TrainResult }
  | { readonly kind: 'evaluated'; readonly result: SiteEvaluation }
  | { readonly kind: 'stopped' }
  | {
      readonly kind: 'failed'
      readonly code: string
      readonly message: string
      readonly retryable: boolean
    }

export type Reply = Progress | JobEnd
