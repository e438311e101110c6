import type { StudyPlan } from '@consilium/study'

export interface StepOfRound {
  /** From 1. One beyond the plan's last one repeats its learning rates. */
  readonly round: number
  /** From 0. */
  readonly step: number
  /** Of the round. */
  readonly steps: number
}

/** What a step of a round is taken with: a float32 number. */
export function stepLearningRate(
  { optimiser, schedule: { rounds, warmup } }: Pick<StudyPlan, 'optimiser' | 'schedule'>,
  { round, step, steps }: StepOfRound,
): number {
  // The middle of the step: at its beginning the study's first one would have a learning rate of 0.
  const progress = (Math.min(round, rounds) - 1 + (step + 0.5) / steps) / rounds
  return Math.fround(learningRateAt(progress, optimiser.learningRate, warmup))
}

/**
 * The learning rate over a whole study: linear warm-up from 0, then half a cosine to 0 (Loshchilov & Hutter 2017).
 * `progress` is the finished part of the study, 0..1: sites with different numbers of steps follow the same curve.
 */
export function learningRateAt(progress: number, peak: number, warmup: number): number {
  if (progress < warmup) return (peak * progress) / warmup
  return (peak * (1 + Math.cos((Math.PI * (progress - warmup)) / (1 - warmup)))) / 2
}
