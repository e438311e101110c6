import { createStream } from '@consilium/random'
import { macroAuc } from '../statistics/macro-auc.ts'
import { featureStatistics } from './feature-statistics.ts'
import type { Features } from './features.ts'
import { linearProbe } from './linear-probe.ts'

function imagesOf(labels: readonly number[], name: string): Features {
  const stream = createStream(8, name)
  const values = Float32Array.from({ length: labels.length * 3 }, (_, i) =>
    i % 3 === 1 ? 1000 + stream.normal(3 * labels[Math.floor(i / 3)]!) : stream.normal(0, 0.01),
  )
  return { dimension: 3, values }
}

const alternating = (n: number): number[] => Array.from({ length: n }, (_, i) => i % 2)

test('finds a direction that separates the classes, whatever the scale of the features', () => {
  const train = imagesOf(alternating(40), 'train')
  const scores = linearProbe({
    train,
    trainLabels: alternating(40),
    test: imagesOf(alternating(200), 'test'),
    classes: 2,
    statistics: featureStatistics(train),
  })
  // Two unit normals 3 apart: AUC = Phi(3 / sqrt 2) = 0.983.
  expect(macroAuc(scores, alternating(200))).toBeGreaterThan(0.95)
})

test('needs two classes to learn from', () => {
  const train = imagesOf([1, 1], 'train')
  const probe = () =>
    linearProbe({
      train,
      trainLabels: [1, 1],
      test: train,
      classes: 2,
      statistics: featureStatistics(train),
    })
  expect(probe).toThrow(expect.objectContaining({ code: 'LEARNING_ONE_CLASS' }))
})
