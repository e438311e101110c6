/** Weights and the optimiser's buffers: prepared for the network, and updated from the gradients, weight by weight. */
import { sizeOf, type NamedArray, type NamedArrays } from '@consilium/weights'
import type { ModelCache } from '../cache/model-cache.ts'
import type { Shapes } from '../onnx/encode-piece.ts'
import type { Signature } from '../program.ts'
import { balancedGroups } from './balanced-groups.ts'
import type { DumpModel } from './dump-model.ts'
import type { Lane } from './lanes/lane.ts'
import type { SharedMap } from './lanes/lane-messages.ts'
import { byOnnxName, loadModel } from './load-model.ts'
import { programModel } from './program-model.ts'
import { allocateBlock, type SharedBlock } from './shared-block.ts'
import { gradientParts, type StepArrays } from './step-arrays.ts'
import { gradientName, prepareProgram, updateProgram } from './step-programs.ts'
import { bufferName, type TrainingStep } from './training-step.ts'

export interface StateStage {
  /** Weights and buffers as they are after the last update. */
  current(): SharedMap
  /** A copy of all weights after one another, in the order of their shapes. */
  readWeights(): Float32Array
  /** A copy of all weights, then of each buffer of each weight. */
  readAll(): NamedArrays
  /** Computes the prepared weights anew: after the weights were written from outside. */
  prepare(): Promise<void>
  update(): Promise<void>
}

interface StateOptions {
  readonly step: TrainingStep
  readonly shapes: Shapes
  readonly inputs: Signature
  readonly lanes: readonly Lane[]
  readonly arrays: StepArrays
  readonly dump: DumpModel
  readonly models: ModelCache
}

/** Read from one of two blocks and written to the other, which then change roles: nothing is copied. */
type Blocks = readonly [SharedBlock, SharedBlock]

export async function createStateStage(options: StateOptions): Promise<StateStage> {
  const { shapes, step } = options
  // A lane without a weight would have nothing to update.
  const lanes = options.lanes.slice(0, shapes.size)
  const entries = [...stateShapes(step, shapes)]
  const blocks: Blocks = [allocateBlock(entries), allocateBlock(entries)]
  const weightValues = [...shapes.values()].reduce((sum, dims) => sum + sizeOf(dims), 0)
  const groups = balancedGroups(shapes, lanes.length)
  const bindings = await Promise.all(
    lanes.map((lane, i) => bindLane(options, { lane, index: i, names: groups[i]!, blocks })),
  )
  let current: 0 | 1 = 0
  const runAll = async (choose: (bound: LaneBindings) => number): Promise<void> => {
    await Promise.all(lanes.map((lane, i) => lane.run([choose(bindings[i]!)])))
  }
  return {
    current: () => blocks[current].tensors,
    readWeights: () => Float32Array.from(blocks[current].values.subarray(0, weightValues)),
    readAll: () =>
      new Map(
        [...blocks[current].tensors].map(([name, { dims, data }]): [string, NamedArray] => [
          name,
          { shape: dims, data: Float32Array.from(data) },
        ]),
      ),
    prepare: () => runAll(({ prepare }) => prepare[current]),
    async update() {
      await runAll(({ update }) => update[current])
      current = current === 0 ? 1 : 0
    },
  }
}

/** Weights, then each buffer of each weight. */
const stateShapes = ({ buffers }: TrainingStep, shapes: Shapes): Shapes =>
  new Map([
    ...shapes,
    ...buffers.flatMap((buffer) =>
      [...shapes].map(([name, dims]) => [bufferName(buffer, name), dims] as const),
    ),
  ])

/** By the block the state is read from. */
interface LaneBindings {
  readonly prepare: readonly [number, number]
  readonly update: readonly [number, number]
}

interface LaneShare {
  readonly lane: Lane
  readonly index: number
  readonly names: readonly string[]
  readonly blocks: Blocks
}

async function bindLane(
  { step, shapes, inputs, arrays, dump, models }: StateOptions,
  { lane, index, names, blocks: [a, b] }: LaneShare,
): Promise<LaneBindings> {
  const gradients = gradientParts(arrays)
  const ofLane: Shapes = new Map(names.map((name) => [name, shapes.get(name)!]))
  const parts = (name: string): number =>
    gradients.has(gradientName(name, 1)) ? arrays.encoderGradients.length : 1
  const prepare = await programModel(prepareProgram(step, names), Object.fromEntries(ofLane))
  const update = await programModel(updateProgram(step, names, parts), {
    ...Object.fromEntries(stateShapes(step, ofLane)),
    ...Object.fromEntries([...gradients].map(([name, { dims }]) => [name, dims])),
    ...inputs,
  })
  await dump(`prepare-${index}`, prepare)
  await dump(`update-${index}`, update)
  const prepareSession = await loadModel(lane, { ...prepare, models })
  const updateSession = await loadModel(lane, { ...update, models })
  const bindPrepare = ({ tensors: from }: SharedBlock): Promise<number> =>
    prepareSession.bind(from, byOnnxName(prepare.outputs, arrays.prepared))
  const bindUpdate = (
    { tensors: from }: SharedBlock,
    { tensors: to }: SharedBlock,
  ): Promise<number> =>
    updateSession.bind(
      new Map([...from, ...gradients, ...arrays.inputs]),
      byOnnxName(update.outputs, new Map([...to, ...arrays.prepared])),
    )
  return {
    prepare: [await bindPrepare(a), await bindPrepare(b)],
    update: [await bindUpdate(a, b), await bindUpdate(b, a)],
  }
}
