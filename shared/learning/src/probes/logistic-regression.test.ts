import { createStream } from '@consilium/random'
import {
  fitLogisticRegression,
  logisticObjective,
  predictProbabilities,
  type Examples,
} from './logistic-regression.ts'

function examplesOf(classes: number, images = 60): Examples {
  const stream = createStream(5, 'examples', classes)
  const labels = Array.from({ length: images }, (_, i) => i % classes)
  const features = Float32Array.from({ length: images * 4 }, (_, i) =>
    stream.normal(i % 4 === labels[Math.floor(i / 4)] ? 0.8 : 0),
  )
  return { features, dimension: 4, labels, classes }
}

test.each([2, 3])('the gradient is the derivative of the objective (%i classes)', (classes) => {
  const examples = examplesOf(classes)
  const stream = createStream(6, 'parameters')
  const parameters = Float64Array.from({ length: (classes === 2 ? 1 : classes) * 5 }, () =>
    stream.normal(),
  )
  const { gradient } = logisticObjective(examples, parameters, 0.7)
  const valueAt = (p: number, shift: number): number => {
    const moved = Float64Array.from(parameters)
    moved[p]! += shift
    return logisticObjective(examples, moved, 0.7).value
  }
  gradient.forEach((g, p) => {
    expect(g).toBeCloseTo((valueAt(p, 1e-5) - valueAt(p, -1e-5)) / 2e-5, 5)
  })
})

test.each([2, 3])('the fit is a stationary point (%i classes)', (classes) => {
  const examples = examplesOf(classes)
  const { parameters, converged } = fitLogisticRegression(examples)
  const { gradient } = logisticObjective(examples, parameters, 1)
  expect(converged).toBe(true)
  expect(Math.max(...gradient.map(Math.abs))).toBeLessThanOrEqual(1e-4 * 60)
})

test('without information it predicts the share of each class', () => {
  const model = fitLogisticRegression({
    features: new Float32Array(8),
    dimension: 2,
    labels: [0, 0, 0, 1],
    classes: 2,
  })
  expect(predictProbabilities(model, new Float32Array(2)).values[1]).toBeCloseTo(0.25, 3)
})

test('one feature, hand-checked: w solves w = 2 sigmoid(-w) for the points -1 and 1', () => {
  const model = fitLogisticRegression({
    features: Float32Array.of(-1, 1),
    dimension: 1,
    labels: [0, 1],
    classes: 2,
  })
  const [w, bias] = [model.parameters[0]!, model.parameters[1]!]
  expect(w).toBeCloseTo(2 / (1 + Math.exp(w)), 3)
  expect(bias).toBeCloseTo(0, 3)
})

test('two classes of one column and three of three agree when the third never occurs', () => {
  const { features, labels } = examplesOf(2)
  // Two opposite columns share the penalty of one: |w|^2/2 = 2 * |w/2|^2, so half the lambda.
  const two = fitLogisticRegression({ features, dimension: 4, labels, classes: 2 }, { lambda: 1 })
  const three = fitLogisticRegression({ features, dimension: 4, labels, classes: 3 }, { lambda: 2 })
  const p2 = predictProbabilities(two, features).values
  const p3 = predictProbabilities(three, features).values
  for (let i = 0; i < 60; i += 1) expect(p3[3 * i + 1]).toBeCloseTo(p2[2 * i + 1]!, 2)
})

test('separable data stay finite, and large features overflow nothing', () => {
  const model = fitLogisticRegression({
    features: Float32Array.of(-1000, -900, 900, 1000),
    dimension: 1,
    labels: [0, 0, 1, 1],
    classes: 2,
  })
  expect(model.parameters.every(Number.isFinite)).toBe(true)
  const { values } = predictProbabilities(model, Float32Array.of(-1e6, 1e6))
  expect([...values]).toEqual([1, 0, 0, 1])
})

test('probabilities of an image sum to 1', () => {
  const examples = examplesOf(3)
  const { values } = predictProbabilities(fitLogisticRegression(examples), examples.features)
  for (let i = 0; i < values.length; i += 3) {
    expect(values[i]! + values[i + 1]! + values[i + 2]!).toBeCloseTo(1, 12)
  }
})
