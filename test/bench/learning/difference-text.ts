import type { LearningResult } from './measure-learning.ts'

/** '0.013 (-0.050..0.077)', and nothing for the reference itself. */
export function differenceText(difference: LearningResult['difference']): string {
  if (difference === undefined) return ''
  const [low, high] = difference.interval
  return `${difference.auc.toFixed(3)} (${low.toFixed(3)}..${high.toFixed(3)})`
}
