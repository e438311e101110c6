import { createStream } from '@consilium/random'
import { bootstrapReplicates, differenceOfReplicates, meanOfReplicates } from './bootstrap.ts'
import { delong } from './delong.ts'
import { percentileInterval } from './percentile-interval.ts'
import { rocAucStatistic } from './roc-auc.ts'
import type { Statistic } from './statistic.ts'

const labels = Uint8Array.from({ length: 200 }, (_, i) => (i % 4 === 0 ? 1 : 0))

const scoresWith = (separation: number, name: string): Float64Array => {
  const stream = createStream(7, name)
  return Float64Array.from(labels, (label) => stream.normal(separation * label))
}

test('every resample keeps the number of images of each class', () => {
  const ofClass =
    (label: number): Statistic =>
    (counts) =>
      counts.reduce((sum, count, i) => sum + (labels[i] === label ? count : 0), 0)
  const { ones, zeros } = bootstrapReplicates({
    labels,
    statistics: { ones: ofClass(1), zeros: ofClass(0) },
    replicates: 20,
    stream: createStream(1, 'bootstrap'),
  })
  expect(new Set(ones)).toEqual(new Set([50]))
  expect(new Set(zeros)).toEqual(new Set([150]))
})

test('its spread agrees with DeLong', () => {
  const scores = scoresWith(1, 'scores')
  const { auc } = bootstrapReplicates({
    labels,
    statistics: { auc: rocAucStatistic(scores, labels) },
    stream: createStream(3, 'bootstrap'),
  })
  const { aucs, covariance } = delong([scores], labels)
  const [low, high] = percentileInterval(auc)
  const halfWidth = 1.96 * Math.sqrt(covariance[0]![0]!)
  expect(low).toBeGreaterThan(aucs[0]! - 1.3 * halfWidth)
  expect(low).toBeLessThan(aucs[0]! - 0.7 * halfWidth)
  expect(high).toBeGreaterThan(aucs[0]! + 0.7 * halfWidth)
  expect(high).toBeLessThan(aucs[0]! + 1.3 * halfWidth)
})

test('the same seed gives the same replicates', () => {
  const replicates = (): Float64Array =>
    bootstrapReplicates({
      labels,
      statistics: { auc: rocAucStatistic(scoresWith(1, 'scores'), labels) },
      replicates: 50,
      stream: createStream(3, 'bootstrap'),
    }).auc
  expect(replicates()).toEqual(replicates())
})

test('two models on the same resamples differ less than two on their own', () => {
  const weak = scoresWith(1, 'scores')
  const strong = weak.map((score, i) => score + 0.3 * labels[i]!)
  const replicates = bootstrapReplicates({
    labels,
    statistics: { weak: rocAucStatistic(weak, labels), strong: rocAucStatistic(strong, labels) },
    stream: createStream(4, 'bootstrap'),
  })
  const [low, high] = percentileInterval(differenceOfReplicates(replicates.strong, replicates.weak))
  const [weakLow, weakHigh] = percentileInterval(replicates.weak)
  expect(low).toBeGreaterThan(0)
  expect(high - low).toBeLessThan((weakHigh - weakLow) / 2)
})

test('the mean over sites averages replicate by replicate', () => {
  expect(meanOfReplicates([Float64Array.of(1, 2), [3, 6]])).toEqual(Float64Array.of(2, 4))
})
