/**
 * L2-regularised logistic regression, parameters and sums in float64, from zero, by L-BFGS.
 * Objective: sum over images of -log p(label) + lambda/2 * |W|^2; the biases are not penalised.
 * K = 2 has one column of logits (class 1 against 0), K > 2 has K columns (softmax), as in scikit-learn.
 */
import type { ClassScores } from '../statistics/class-scores.ts'
import { dot } from './dot.ts'
import { lbfgs, type Evaluation } from './lbfgs.ts'

export interface Examples {
  /** [N,D], of comparable scale. */
  readonly features: Float32Array
  readonly dimension: number
  /** N class indices, 0..K-1. */
  readonly labels: ArrayLike<number>
  readonly classes: number
}

export interface LogisticRegression {
  readonly dimension: number
  readonly classes: number
  /** [C,D+1]: the weights of each column of logits, then its bias. C = 1 for two classes, else K. */
  readonly parameters: Float64Array
  readonly converged: boolean
}

/** Converged when no entry of the gradient is larger than this, per image: scikit-learn's default. */
const GRADIENT_TOLERANCE_PER_IMAGE = 1e-4

export function fitLogisticRegression(examples: Examples, { lambda = 1 } = {}): LogisticRegression {
  const { dimension, classes, labels } = examples
  const { x, converged } = lbfgs({
    evaluate: (parameters) => logisticObjective(examples, parameters, lambda),
    start: new Float64Array(columnsFor(classes) * (dimension + 1)),
    gradientTolerance: GRADIENT_TOLERANCE_PER_IMAGE * labels.length,
  })
  return { dimension, classes, parameters: x, converged }
}

/** Class probabilities [N,K] of `features` [N,D]. */
export function predictProbabilities(
  model: LogisticRegression,
  features: Float32Array,
): ClassScores {
  const { dimension, classes, parameters } = model
  const columns = columnsFor(classes)
  const rows = features.length / dimension
  const values = new Float64Array(rows * classes)
  const logits = new Float64Array(columns)
  for (let i = 0; i < rows; i += 1) {
    logitsOfRow(logits, features.subarray(i * dimension, (i + 1) * dimension), parameters)
    values.set(probabilities(logits), i * classes)
  }
  return { classes, values }
}

/** The objective above and its gradient, [C,D+1]. */
export function logisticObjective(
  { features, dimension, labels, classes }: Examples,
  parameters: Float64Array,
  lambda: number,
): Evaluation {
  const stride = dimension + 1
  const columns = columnsFor(classes)
  const gradient = new Float64Array(parameters.length)
  const logits = new Float64Array(columns)
  let value = 0
  for (let i = 0; i < labels.length; i += 1) {
    const row = features.subarray(i * dimension, (i + 1) * dimension)
    logitsOfRow(logits, row, parameters)
    value += lossAndResiduals(logits, labels[i]!)
    for (let c = 0; c < columns; c += 1) {
      const residual = logits[c]!
      const offset = c * stride
      for (let d = 0; d < dimension; d += 1) gradient[offset + d]! += residual * row[d]!
      gradient[offset + dimension]! += residual
    }
  }
  for (let p = 0; p < parameters.length; p += 1) {
    if (p % stride === dimension) continue
    value += (lambda / 2) * parameters[p]! ** 2
    gradient[p]! += lambda * parameters[p]!
  }
  return { value, gradient }
}

const columnsFor = (classes: number): number => (classes === 2 ? 1 : classes)

function logitsOfRow(logits: Float64Array, row: Float32Array, parameters: Float64Array): void {
  const stride = row.length + 1
  for (let c = 0; c < logits.length; c += 1) {
    const offset = c * stride
    logits[c] =
      dot(row, parameters.subarray(offset, offset + row.length)) + parameters[offset + row.length]!
  }
}

/** Returns -log p(label) and replaces the logits by its derivatives with respect to them. */
function lossAndResiduals(logits: Float64Array, label: number): number {
  if (logits.length === 1) {
    const z = logits[0]!
    logits[0] = sigmoid(z) - label
    return Math.max(z, 0) - label * z + Math.log1p(Math.exp(-Math.abs(z)))
  }
  const z = logits[label]!
  const highest = Math.max(...logits)
  let total = 0
  for (let c = 0; c < logits.length; c += 1) total += logits[c] = Math.exp(logits[c]! - highest)
  for (let c = 0; c < logits.length; c += 1) logits[c]! /= total
  logits[label]! -= 1
  return Math.log(total) + highest - z
}

function probabilities(logits: Float64Array): readonly number[] {
  if (logits.length === 1) return [sigmoid(-logits[0]!), sigmoid(logits[0]!)]
  const highest = Math.max(...logits)
  const powers = Array.from(logits, (z) => Math.exp(z - highest))
  const total = powers.reduce((sum, p) => sum + p, 0)
  return powers.map((p) => p / total)
}

const sigmoid = (z: number): number => (z >= 0 ? 1 / (1 + Math.exp(-z)) : 1 - 1 / (1 + Math.exp(z)))
