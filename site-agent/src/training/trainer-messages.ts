/** What the agent and its trainer process say to each other. Weights and images go through files, never through here. */
import type { EvaluationProgress, SiteEvaluation } from '@consilium/learning'
import type { StudyPlan } from '@consilium/study'

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
}

export interface TrainProgress {
  readonly step: number
  readonly steps: number
  /** Mean since the round began. */
  readonly loss: number
  readonly imagesPerSecond: number
}

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

/** A job that is told to stop ends after the step it is in. */
export type Request = Job | { readonly kind: 'stop' }

export type Progress =
  | { readonly kind: 'train-progress'; readonly progress: TrainProgress }
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
