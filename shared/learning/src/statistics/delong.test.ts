import { createStream } from '@consilium/random'
import { delong } from './delong.ts'
import { rocAuc } from './roc-auc.ts'

test('golden value of the fast algorithm', () => {
  const scores = Float64Array.of(0.9, 0.8, 0.4, 0.7, 0.3, 0.4, 0.1)
  const { aucs, covariance } = delong([scores], Uint8Array.of(1, 1, 1, 0, 0, 0, 0))
  expect(aucs[0]).toBeCloseTo(0.875, 12)
  expect(covariance[0]![0]).toBeCloseTo(0.02199074, 8)
})

test('a model compared with itself has no variance of the difference', () => {
  const stream = createStream(1, 'delong')
  const scores = Float64Array.from({ length: 60 }, () => stream.normal())
  const outcomes = Uint8Array.from(scores, (_, i) => i % 2)
  const { aucs, covariance } = delong([scores, scores], outcomes)
  expect(aucs[0]).toBeCloseTo(rocAuc(scores, outcomes), 12)
  expect(covariance[0]![0]! + covariance[1]![1]! - 2 * covariance[0]![1]!).toBeCloseTo(0, 15)
})

test('estimates the variance that repeated studies show', () => {
  const stream = createStream(2, 'delong')
  const studies = Array.from({ length: 400 }, () => {
    const outcomes = Uint8Array.from({ length: 100 }, (_, i) => i % 2)
    const scores = Float64Array.from(outcomes, (outcome) => stream.normal(outcome))
    const { aucs, covariance } = delong([scores], outcomes)
    return { auc: aucs[0]!, variance: covariance[0]![0]! }
  })
  const mean = studies.reduce((sum, { auc }) => sum + auc, 0) / studies.length
  const observed = studies.reduce((sum, { auc }) => sum + (auc - mean) ** 2, 0) / studies.length
  const estimated = studies.reduce((sum, { variance }) => sum + variance, 0) / studies.length
  expect(estimated / observed).toBeGreaterThan(0.8)
  expect(estimated / observed).toBeLessThan(1.25)
})

test('needs both outcomes', () => {
  expect(() => delong([Float64Array.of(1, 2)], Uint8Array.of(0, 0))).toThrow(
    expect.objectContaining({ code: 'LEARNING_ONE_CLASS' }),
  )
})
