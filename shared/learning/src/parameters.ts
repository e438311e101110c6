/**
 * The tensors of a study's model: names, shapes and first values. Free of the tensor engine, so the coordinator can
 * make and check weights without it. Kernels are [kh, kw, in, out], dense kernels [in, out].
 *
 * Names follow BiT's checkpoints (Kolesnikov et al. 2020, reference code) without the constant parts:
 * `resnet/block1/unit01/a/standardized_conv2d/kernel` is `backbone/block1/unit01/a/kernel` here.
 */
import { createStream } from '@consilium/random'
import type { ModelPlan, StudyPlan } from '@consilium/study'
import { sizeOf, type NamedArray, type NamedArrays } from '@consilium/weights'

/** Output channels of a bottleneck unit per channel of its 3x3 convolution. */
const EXPANSION = 4

interface ParameterSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly initial: 'he' | 'glorot' | 'zeros' | 'ones'
}

export interface Unit {
  /** `backbone/block1/unit01` */
  readonly name: string
  readonly inChannels: number
  readonly midChannels: number
  readonly outChannels: number
  readonly stride: 1 | 2
}

/** The bottleneck units of a backbone, in order. The first unit of every block but the first halves the image. */
export function unitsOf({ units, width }: ModelPlan): readonly Unit[] {
  let inChannels = width
  return units.flatMap((count, block) =>
    Array.from({ length: count }, (_, i): Unit => {
      const midChannels = width * 2 ** block
      const unit: Unit = {
        name: `backbone/block${block + 1}/unit${String(i + 1).padStart(2, '0')}`,
        inChannels,
        midChannels,
        outChannels: midChannels * EXPANSION,
        stride: i === 0 && block > 0 ? 2 : 1,
      }
      inChannels = unit.outChannels
      return unit
    }),
  )
}

/** A unit projects its shortcut where shape or size changes (BiT, reference code). */
export const hasProjection = (unit: Unit): boolean =>
  unit.stride !== 1 || unit.inChannels !== unit.outChannels

/** Values per image in the backbone's feature vector, D. */
export const featureSize = ({ units, width }: ModelPlan): number =>
  width * 2 ** (units.length - 1) * EXPANSION

/** The first weights of a study, a pure function of its plan. */
export function initialParameters(plan: StudyPlan): NamedArrays {
  return new Map(specsOf(plan).map((spec) => [spec.name, initialise(spec, plan.seed)]))
}

/** The shapes of a study's tensors by name. */
export const parameterShapes = (plan: StudyPlan): ReadonlyMap<string, readonly number[]> =>
  new Map(specsOf(plan).map(({ name, shape }) => [name, shape]))

const specsOf = (plan: StudyPlan): ParameterSpec[] => [
  ...backboneSpecs(plan.model),
  ...projectorSpecs(plan),
]

function backboneSpecs(model: ModelPlan): ParameterSpec[] {
  const { width, channels, stem } = model
  const kernel = stem === 'imagenet' ? 7 : 3
  return [
    conv('backbone/root', [kernel, kernel, channels, width]),
    ...unitsOf(model).flatMap(unitSpecs),
    ...norm('backbone', featureSize(model)),
  ]
}

function unitSpecs(unit: Unit): ParameterSpec[] {
  const { name, inChannels, midChannels, outChannels } = unit
  const projection = hasProjection(unit)
    ? [conv(`${name}/a/proj`, [1, 1, inChannels, outChannels])]
    : []
  return [
    ...norm(`${name}/a`, inChannels),
    conv(`${name}/a`, [1, 1, inChannels, midChannels]),
    ...projection,
    ...norm(`${name}/b`, midChannels),
    conv(`${name}/b`, [3, 3, midChannels, midChannels]),
    ...norm(`${name}/c`, midChannels),
    conv(`${name}/c`, [1, 1, midChannels, outChannels]),
  ]
}

function projectorSpecs({ model, objective }: StudyPlan): ParameterSpec[] {
  const { hidden, output } = objective.projector
  return [
    { name: 'projector/hidden/kernel', shape: [featureSize(model), hidden], initial: 'he' },
    { name: 'projector/hidden/bias', shape: [hidden], initial: 'zeros' },
    { name: 'projector/output/kernel', shape: [hidden, output], initial: 'glorot' },
  ]
}

const conv = (name: string, shape: readonly number[]): ParameterSpec => ({
  name: `${name}/kernel`,
  shape,
  initial: 'he',
})

const norm = (name: string, channels: number): ParameterSpec[] => [
  { name: `${name}/norm/gamma`, shape: [channels], initial: 'ones' },
  { name: `${name}/norm/beta`, shape: [channels], initial: 'zeros' },
]

function initialise({ name, shape, initial }: ParameterSpec, seed: number): NamedArray {
  const data = new Float32Array(sizeOf(shape))
  if (initial === 'ones') data.fill(1)
  if (initial === 'he' || initial === 'glorot') {
    const fanOut = shape.at(-1)!
    const fanIn = data.length / fanOut
    const stdDev = initial === 'he' ? Math.sqrt(2 / fanIn) : Math.sqrt(2 / (fanIn + fanOut))
    const stream = createStream(seed, 'initial', name)
    for (let i = 0; i < data.length; i += 1) data[i] = stream.normal(0, stdDev)
  }
  return { shape, data }
}
