import { accuracy, accuracyStatistic } from './accuracy.ts'

const scores = { classes: 2, values: Float64Array.from([0.9, 0.1, 0.2, 0.8, 0.4, 0.6, 0.5, 0.5]) }

test('is the share of images whose highest score is their label, the first class winning ties', () => {
  expect(accuracy(scores, [0, 1, 0, 0])).toBe(0.75)
})

test('a resample counts an image as often as it was drawn', () => {
  expect(accuracyStatistic(scores, [0, 1, 0, 1])(Uint32Array.of(3, 0, 1, 0))).toBe(0.75)
})
