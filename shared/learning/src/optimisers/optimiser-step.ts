/** What every optimiser takes and gives for one tensor, independently of all others. */
import { tf, type TensorFlow, type Tensors } from '@consilium/engine'
import type { OptimiserPlan } from '@consilium/study'

type Tensor = TensorFlow.Tensor

export type PlanOf<Name extends OptimiserPlan['name']> = Extract<OptimiserPlan, { name: Name }>

export interface OptimiserStep {
  readonly weight: Tensor
  readonly gradient: Tensor
  /** By name, each of the weight's shape, zero before the first step (`buffersOf`). */
  readonly buffers: Tensors
  /** A scalar. */
  readonly learningRate: Tensor
  /** Which step it is since the buffers were zero, from 1; a scalar. */
  readonly step: Tensor
}

export interface OptimiserUpdate {
  readonly weight: Tensor
  readonly buffers: Tensors
}

/** Biases and normalisation parameters get neither decay nor adaptation: every 1-D tensor. */
export const isExcluded = (weight: Tensor): boolean => weight.shape.length < 2

/** g + decay w: weight decay as a penalty of the loss. */
export const decayed = ({ weight, gradient }: OptimiserStep, weightDecay: number): Tensor =>
  isExcluded(weight) || weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(weight, weightDecay))
