export { indicesOf, splitCodes, type Dataset, type Split } from './dataset.ts'
export { augmentationPresets, type Augmentation } from './augmentation/presets.ts'
export { augmentView } from './augmentation/augment-view.ts'
export { imageOfDataset } from './augmentation/image-of-dataset.ts'
export {
  createPretrainer,
  type OnStep,
  type Pretrainer,
  type RoundCheckpoint,
  type RoundOutcome,
  type RoundProgress,
} from './training/pretrainer.ts'
export { optimiserInputs, trainStep, type Network } from './training/train-step.ts'
export { simclr } from './objectives/simclr.ts'
export {
  evaluateSite,
  type Backbone,
  type EvaluationProgress,
  type FineTuneResult,
  type SiteEvaluation,
} from './evaluation/evaluate-site.ts'
export type { ProbeCurves, ProbeResult } from './evaluation/probe-curves.ts'
export { differenceOfReplicates, meanOfReplicates } from './statistics/bootstrap.ts'
export { percentileInterval, type Interval } from './statistics/percentile-interval.ts'
export { labelFractions } from './probes/label-fractions.ts'
export { NotFiniteError, TooFewImagesError } from './errors.ts'
