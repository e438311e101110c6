import { rowsOf, type Features } from './features.ts'

/** Mean and standard deviation of each feature, [D]. */
export interface FeatureStatistics {
  readonly mean: Float64Array
  readonly stdDev: Float64Array
}

/** A feature that varies less than this is constant, and standardises to 0. */
const CONSTANT_STD_DEV = 1e-12

/** Over all rows; labels play no part, so unlabelled images count too. At least one row. */
export function featureStatistics(features: Features): FeatureStatistics {
  const { dimension, values } = features
  const rows = rowsOf(features)
  const mean = new Float64Array(dimension)
  const variance = new Float64Array(dimension)
  for (let i = 0; i < values.length; i += 1) mean[i % dimension]! += values[i]! / rows
  for (let i = 0; i < values.length; i += 1) {
    variance[i % dimension]! += (values[i]! - mean[i % dimension]!) ** 2 / rows
  }
  return { mean, stdDev: variance.map(Math.sqrt) }
}

/** (x - mean) / stdDev, [N,D]. */
export function standardise(features: Features, { mean, stdDev }: FeatureStatistics): Float32Array {
  const { dimension, values } = features
  const scale = stdDev.map((s) => (s > CONSTANT_STD_DEV ? 1 / s : 0))
  const standardised = new Float32Array(values.length)
  for (let i = 0; i < values.length; i += 1) {
    const d = i % dimension
    standardised[i] = (values[i]! - mean[d]!) * scale[d]!
  }
  return standardised
}
