import { featureStatistics, standardise } from './feature-statistics.ts'
import { selectRows } from './features.ts'

const features = { dimension: 2, values: Float32Array.of(1, 5, 3, 5, 5, 5, 7, 5) }

test('measures the mean and the population standard deviation of each feature', () => {
  const { mean, stdDev } = featureStatistics(features)
  expect([...mean]).toEqual([4, 5])
  expect(stdDev[0]).toBeCloseTo(Math.sqrt(5), 12)
  expect(stdDev[1]).toBe(0)
})

test('standardises, a constant feature to zero', () => {
  const standardised = standardise(features, featureStatistics(features))
  expect([...standardised].filter((_, i) => i % 2 === 1)).toEqual([0, 0, 0, 0])
  expect(standardised[6]).toBeCloseTo(3 / Math.sqrt(5), 6)
})

test('rows are selected in the order asked for', () => {
  expect([...selectRows(features, [3, 0]).values]).toEqual([7, 5, 1, 5])
})
