export {
  planSchema,
  type AugmentationPreset,
  type ModelPlan,
  type ObjectivePlan,
  type OptimiserPlan,
  type StudyPlan,
} from './plan.ts'
export type { AggregationPlan } from './aggregation-plan.ts'
export type { CohortPlan } from './cohort-plan.ts'
export type { WireFormat } from './transfer-plan.ts'
export { minimumCohort, type MinimumCohort } from './minimum-cohort.ts'
export { parsePlan } from './parse-plan.ts'
export { canonicalJson, planDigest } from './digest.ts'
export { modelPresets, type ModelPreset } from './model-presets.ts'
export { InvalidPlanError } from './errors.ts'
