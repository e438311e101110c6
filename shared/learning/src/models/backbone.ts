/**
 * BiT's pre-activation bottleneck ResNet (Kolesnikov et al. 2020, reference code; He et al. 2016b): group normalisation
 * and weight standardisation, never batch statistics. Any depth and width; the `small` stem replaces 7x7/2 and
 * max-pool by 3x3/1 for images up to about 64 px (SimCLR's CIFAR stem).
 */
import { tf, type TensorFlow } from '@consilium/engine'
import type { ModelPlan } from '@consilium/study'
import { hasProjection, unitsOf, type Unit } from '../parameters.ts'
import { groupNorm } from './group-norm.ts'
import { standardiseWeights } from './standardise-weights.ts'

type Tensor4D = TensorFlow.Tensor4D

export type Parameters = Readonly<Record<string, TensorFlow.Tensor>>

/** images [N, H, W, C] in 0..1 and prepared weights (`prepareWeight`) -> features [N, D], after the final normalisation, ReLU and average over the image. */
export function backbone(
  images: Tensor4D,
  parameters: Parameters,
  model: ModelPlan,
): TensorFlow.Tensor2D {
  const centred = tf.sub<Tensor4D>(tf.mul(images, 2), 1) // BiT's input range, -1..1
  let x = root(centred, parameters, model)
  for (const unit of unitsOf(model)) x = bottleneck(x, parameters, { unit, groups: model.groups })
  const activated = normRelu(x, parameters, { name: 'backbone', groups: model.groups })
  return tf.mean(activated, [1, 2]) // [N, D]
}

function root(x: Tensor4D, parameters: Parameters, { stem }: ModelPlan): Tensor4D {
  const kernel = kernelOf(parameters, 'backbone/root')
  if (stem === 'small') return tf.conv2d(x, kernel, 1, 1)
  const stemmed = tf.conv2d(x, kernel, 2, 3)
  // BiT pads with zeros and pools without padding: a max-pool with its own padding would pad with -infinity.
  const padded = tf.pad<Tensor4D>(stemmed, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ])
  return tf.maxPool(padded, 3, 2, 'valid')
}

function bottleneck(
  x: Tensor4D,
  parameters: Parameters,
  { unit, groups }: { unit: Unit; groups: number },
): Tensor4D {
  const { name, stride } = unit
  const a = normRelu(x, parameters, { name: `${name}/a`, groups })
  const shortcut = hasProjection(unit)
    ? tf.conv2d(a, kernelOf(parameters, `${name}/a/proj`), stride, 0)
    : x
  const b = normRelu(tf.conv2d(a, kernelOf(parameters, `${name}/a`), 1, 0), parameters, {
    name: `${name}/b`,
    groups,
  })
  const c = normRelu(tf.conv2d(b, kernelOf(parameters, `${name}/b`), stride, 1), parameters, {
    name: `${name}/c`,
    groups,
  })
  return tf.add(tf.conv2d(c, kernelOf(parameters, `${name}/c`), 1, 0), shortcut)
}

const kernelOf = (parameters: Parameters, name: string): Tensor4D =>
  parameters[`${name}/kernel`] as Tensor4D

/** What the backbone computes with instead of a weight: kernels are standardised, once for a whole batch. */
export const prepareWeight = (weight: TensorFlow.Tensor): TensorFlow.Tensor =>
  weight.shape.length === 4 ? standardiseWeights(weight as Tensor4D) : weight

export const prepareWeights = (weights: Parameters): Parameters =>
  Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, prepareWeight(w)]))

function normRelu(
  x: Tensor4D,
  parameters: Parameters,
  { name, groups }: { name: string; groups: number },
): Tensor4D {
  return tf.relu(
    groupNorm(x, parameters[`${name}/norm/gamma`]!, parameters[`${name}/norm/beta`]!, groups),
  )
}
