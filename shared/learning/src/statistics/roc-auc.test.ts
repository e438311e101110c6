import fc from 'fast-check'
import { rocAuc, rocAucStatistic } from './roc-auc.ts'

const auc = (scores: readonly number[], outcomes: readonly number[]): number =>
  rocAuc(Float64Array.from(scores), Uint8Array.from(outcomes))

/** The definition, pair by pair. */
function pairwiseAuc(scores: readonly number[], outcomes: readonly number[]): number {
  const positives = scores.filter((_, i) => outcomes[i] === 1)
  const negatives = scores.filter((_, i) => outcomes[i] === 0)
  const wins = positives.flatMap((p) => negatives.map((n) => (p > n ? 1 : p === n ? 0.5 : 0)))
  return wins.reduce<number>((sum, w) => sum + w, 0) / wins.length
}

const labelledScores = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 1 })), {
    minLength: 2,
    maxLength: 40,
  })
  .filter((images) => new Set(images.map(([, outcome]) => outcome)).size === 2)
  .map((images) => ({ scores: images.map(([s]) => s), outcomes: images.map(([, o]) => o) }))

test('a perfect order has AUC 1, its reverse 0, equal scores 0.5', () => {
  expect(auc([1, 2, 3, 4], [0, 0, 1, 1])).toBe(1)
  expect(auc([4, 3, 2, 1], [0, 0, 1, 1])).toBe(0)
  expect(auc([7, 7, 7, 7], [0, 0, 1, 1])).toBe(0.5)
})

test('a tie between a positive and a negative counts half (golden value)', () => {
  expect(auc([0.9, 0.8, 0.4, 0.7, 0.3, 0.4, 0.1], [1, 1, 1, 0, 0, 0, 0])).toBe(0.875)
})

test('equals the share of pairs in the right order', () => {
  fc.assert(
    fc.property(labelledScores, ({ scores, outcomes }) => {
      expect(auc(scores, outcomes)).toBeCloseTo(pairwiseAuc(scores, outcomes), 12)
    }),
  )
})

test('a resample counts an image as often as it was drawn', () => {
  fc.assert(
    fc.property(
      labelledScores,
      fc.infiniteStream(fc.integer({ min: 1, max: 3 })),
      ({ scores, outcomes }, draws) => {
        const counts = Uint32Array.from(draws.take(scores.length))
        const repeat = (values: readonly number[]): number[] =>
          values.flatMap((x, i) => Array.from({ length: counts[i]! }, () => x))
        const statistic = rocAucStatistic(Float64Array.from(scores), Uint8Array.from(outcomes))
        expect(statistic(counts)).toBeCloseTo(pairwiseAuc(repeat(scores), repeat(outcomes)), 12)
      },
    ),
  )
})

test('does not exist for one outcome only', () => {
  expect(() => auc([1, 2], [1, 1])).toThrow(expect.objectContaining({ code: 'LEARNING_ONE_CLASS' }))
})

test('refuses a score that is not a number', () => {
  expect(() => auc([1, NaN], [1, 0])).toThrow('internal:')
})
