/**
 * Cuts the lowered program of a shard in three: what depends on the weights alone (done once per step), what depends on
 * the samples (forward), and what depends on the cotangent (backward). Values that cross a cut become outputs of one
 * model and inputs of another.
 */
import { InvalidOutputError } from '../errors.ts'
import type { OnnxNode } from './graph-writer.ts'
import type { LoweredGraph } from './lower-graph.ts'
import { dataTypeCodes } from './model-schema.ts'

const FLOAT = dataTypeCodes.float32

export interface Piece {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly Readonly<Record<string, unknown>>[]
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

export interface Pieces {
  readonly weights: Piece
  readonly forward: Piece
  readonly backward: Piece
}

interface Cut {
  readonly samples: string
  readonly cotangent: string
  /** The program's name of the forward pass's output; all others are the backward pass's. */
  readonly features: string
  /** Whether the backward pass recomputes the forward one instead of taking its values over. */
  readonly recompute: boolean
}

type Stage = 'constant' | 'weights' | 'forward' | 'backward'

const order: readonly Stage[] = ['constant', 'weights', 'forward', 'backward']

/** Operators that cost no more than a copy of their result: made where they are used rather than carried over. */
const cheap = new Set([
  'Cast',
  'Expand',
  'Greater',
  'HardSigmoid',
  'MaxPool',
  'Pad',
  'Reshape',
  'Slice',
  'Transpose',
])

export function cutModel(graph: LoweredGraph, cut: Cut): Pieces {
  const stages = stagesOf(graph, cut)
  const features = graph.outputs.get(cut.features)!
  if (stages.get(features) !== 'forward') {
    throw new InvalidOutputError({
      output: `The output of 'encode'`,
      came: 'the same for all samples',
      expected: 'features that depend on the sample of their row',
    })
  }
  const forwardOutputs = [features]
  const backwardOutputs = [...graph.outputs.values()].filter((name) => name !== features)
  const discrete = discreteNodes(graph)
  const sunk = cut.recompute ? new Set<OnnxNode>() : sinkableNodes(graph, stages, forwardOutputs)

  const belongsTo = (stage: Stage) => (node: OnnxNode) => {
    const own = stages.get(node.output[0]!)!
    if (own === 'constant' || isView(node)) return true
    if (discrete.has(node)) return order.indexOf(own) <= order.indexOf(stage)
    if (stage === 'backward' && (cut.recompute ? own === 'forward' : sunk.has(node))) return true
    return own === stage
  }
  const backward = collect(graph, belongsTo('backward'), backwardOutputs)
  const carried = backward.inputs.filter((name) => stages.get(name) === 'forward')
  const forward = collect(graph, belongsTo('forward'), [
    ...forwardOutputs,
    ...carried.filter((name) => !graph.inputs.has(name)),
  ])
  const hoisted = [...new Set([...forward.inputs, ...backward.inputs])].filter(
    (name) => stages.get(name) === 'weights' && !graph.inputs.has(name),
  )
  return { weights: collect(graph, belongsTo('weights'), hoisted), forward, backward }
}

/** The latest input every value depends on. */
function stagesOf(graph: LoweredGraph, { samples, cotangent }: Cut): ReadonlyMap<string, Stage> {
  const stages = new Map<string, Stage>()
  for (const name of graph.inputs.keys()) stages.set(name, 'weights')
  stages.set(samples, 'forward')
  stages.set(cotangent, 'backward')
  for (const { input, output } of graph.nodes) {
    const rank = Math.max(0, ...input.map((name) => order.indexOf(stages.get(name) ?? 'constant')))
    for (const name of output) stages.set(name, order[rank]!)
  }
  return stages
}

/** Operators whose result is a truth value or an index, whatever they read. */
const comparing = new Set([
  'And',
  'ArgMax',
  'ArgMin',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'Not',
  'Or',
])

/** Nodes whose result is not float32: only float32 crosses a cut, so they are repeated where they are used. */
function discreteNodes({ nodes, initializers }: LoweredGraph): ReadonlySet<OnnxNode> {
  const discrete = new Set(
    initializers.filter(({ dataType }) => dataType !== FLOAT).map(({ name }) => name as string),
  )
  return new Set(
    nodes.filter((node) => {
      const { opType, input, output, attribute } = node
      const typed = opType === 'Where' ? input[1] : input[0]
      const isDiscrete =
        opType === 'Cast'
          ? attribute.some(({ name, i }) => name === 'to' && i !== FLOAT)
          : comparing.has(opType) || (typed !== undefined && discrete.has(typed))
      if (isDiscrete) for (const name of output) discrete.add(name)
      return isDiscrete
    }),
  )
}

/** A reshape costs nothing, so it is repeated in every piece that needs it. */
const isView = ({ opType }: OnnxNode): boolean => opType === 'Reshape'

/** Cheap nodes of the forward pass that only the backward pass uses. */
function sinkableNodes(
  { nodes }: LoweredGraph,
  stages: ReadonlyMap<string, Stage>,
  outputs: readonly string[],
): ReadonlySet<OnnxNode> {
  const neededForward = new Set(outputs)
  const sunk = new Set<OnnxNode>()
  for (const node of nodes.toReversed()) {
    if (stages.get(node.output[0]!) !== 'forward') continue
    if (cheap.has(node.opType) && !node.output.some((name) => neededForward.has(name)))
      sunk.add(node)
    else for (const name of node.input) neededForward.add(name)
  }
  return sunk
}

/** The part of a piece that some of its outputs need. */
export const narrowPiece = (piece: Piece, outputs: readonly string[]): Piece =>
  collect(piece, () => true, outputs)

/** The nodes of a piece that its outputs need, and the values it must be given. */
function collect(
  graph: Pick<LoweredGraph, 'nodes' | 'initializers'>,
  belongs: (node: OnnxNode) => boolean,
  outputs: readonly string[],
): Piece {
  const needed = new Set(outputs)
  const made = new Set<string>()
  const nodes = graph.nodes
    .toReversed()
    .filter((node) => {
      if (!belongs(node) || !node.output.some((name) => needed.has(name))) return false
      for (const name of node.input) needed.add(name)
      for (const name of node.output) made.add(name)
      return true
    })
    .toReversed()
  const initializers = graph.initializers.filter((tensor) => needed.has(tensor['name'] as string))
  const constants = new Set(initializers.map((tensor) => tensor['name'] as string))
  const inputs = [...needed].filter((name) => !made.has(name) && !constants.has(name))
  return { nodes, initializers, inputs, outputs }
}
