/** The study of the demonstration: all its defaults, in one place. */
import { modelPresets, parsePlan, type ModelPreset, type StudyPlan } from '@consilium/study'

export interface StudyOptions {
  readonly rounds: number
  readonly localEpochs: number
  /** Images per step. */
  readonly batch: number
  readonly model: ModelPreset
  /** Working resolution in pixels. */
  readonly size: number
  readonly channels: 1 | 3
  readonly preset: StudyPlan['data']['preset']
  readonly seed: number
}

/** What is measured at the end. */
export interface EvaluationOptions {
  /** Whether every site also trains alone, for comparison; it takes as long as the federation. */
  readonly alone: boolean
  readonly fineTuneSteps: number
}

export interface DemoScale {
  readonly study: StudyOptions
  readonly evaluation: EvaluationOptions
  /** Films of each invented hospital. */
  readonly films: number
}

/** The learning rate grows with the square root of the batch (SimCLR, appendix B.1, with half its factor, for SGD). */
const LEARNING_RATE_PER_ROOT = 0.0375

const study: StudyOptions = {
  rounds: 12,
  localEpochs: 1,
  batch: 64,
  model: 'tiny',
  size: 28,
  channels: 1,
  preset: 'xray',
  seed: 1,
}

/** At most five minutes on two cores. */
export const fullScale: DemoScale = {
  study,
  evaluation: { alone: true, fineTuneSteps: 80 },
  films: 900,
}

/** `--quick`: everything happens, in under a minute, and nothing is learnt well. */
export const quickScale: DemoScale = {
  study: { ...study, rounds: 2, localEpochs: 1, batch: 32 },
  evaluation: { alone: true, fineTuneSteps: 10 },
  films: 150,
}

/** The plan of a study of `sites` sites. Throws STUDY_INVALID_PLAN where an option is out of range. */
export function createDemoPlan(options: StudyOptions, sites: number): StudyPlan {
  const { rounds, localEpochs, batch, model, size, channels, preset, seed } = options
  return parsePlan({
    schema: 1,
    name: 'demo',
    seed,
    model: { ...modelPresets[model], channels },
    data: { size, preset },
    objective: { name: 'simclr', temperature: 0.2, projector: { hidden: 256, output: 128 } },
    optimiser: {
      name: 'sgd',
      learningRate: LEARNING_RATE_PER_ROOT * Math.sqrt(batch),
      momentum: 0.9,
      weightDecay: 0.0001,
    },
    schedule: { rounds, localEpochs, batch, warmup: 0.1 },
    cohort: { sites, quorum: sites, deadlineSeconds: 3600 },
  })
}
