/**
 * Arithmetic of a network, counted from its plan: the products of convolutions and dense layers, taps on the padding
 * included, as papers count. Normalisation, activations, pooling, loss and optimiser are left out.
 */
import { featureSize, hasProjection, unitsOf, type Unit } from '@consilium/learning/parameters'
import type { StudyPlan } from '@consilium/study'

/** A training step computes each product forward, for the gradient of its input and for that of its kernel. */
const PASSES = 3

/** Floating-point operations of a training step: a multiply-accumulate is two. */
export const flopOfStep = (plan: StudyPlan, views: number): number =>
  2 * PASSES * views * multiplyAccumulates(plan)

/** Multiply-accumulates of one view's forward pass, backbone and projector. */
export function multiplyAccumulates({ model, data, objective }: StudyPlan): number {
  const { stem, channels, width } = model
  const stemSize = stem === 'small' ? data.size : half(data.size)
  const kernel = stem === 'small' ? 3 : 7
  let total = conv({ size: stemSize, kernel, from: channels, to: width })
  let size = stem === 'small' ? stemSize : half(stemSize)
  for (const unit of unitsOf(model)) {
    total += unitMultiplyAccumulates(unit, size)
    size = sizeAfter(unit, size)
  }
  const { hidden, output } = objective.projector
  return total + featureSize(model) * hidden + hidden * output
}

function unitMultiplyAccumulates(unit: Unit, size: number): number {
  const { inChannels, midChannels, outChannels } = unit
  const after = sizeAfter(unit, size)
  return (
    conv({ size, kernel: 1, from: inChannels, to: midChannels }) +
    conv({ size: after, kernel: 3, from: midChannels, to: midChannels }) +
    conv({ size: after, kernel: 1, from: midChannels, to: outChannels }) +
    (hasProjection(unit) ? conv({ size: after, kernel: 1, from: inChannels, to: outChannels }) : 0)
  )
}

const sizeAfter = ({ stride }: Unit, size: number): number => (stride === 1 ? size : half(size))

/** Every stride-2 convolution and pool here is padded so that sizes are halved upwards. */
const half = (size: number): number => Math.ceil(size / 2)

interface Convolution {
  /** Pixels of its output. */
  readonly size: number
  readonly kernel: number
  readonly from: number
  readonly to: number
}

const conv = ({ size, kernel, from, to }: Convolution): number =>
  size ** 2 * kernel ** 2 * from * to
