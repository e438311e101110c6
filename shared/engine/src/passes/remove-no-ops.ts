import type { Graph, Node, Value } from '../trace/graph.ts'
import { rewrite, type Replacement } from './rewrite.ts'
import { hasSameShape } from './same-shape.ts'
import { uniformValue } from './uniform-value.ts'

interface Known {
  readonly constants: Graph['constants']
  readonly producers: ReadonlyMap<Value, Node>
}

type Rule = (node: Node, known: Known) => Replacement | undefined

/**
 * Takes out what changes no value: x * 1, x + 0, x - 0, x / 1, a negation of a negation, and moves to where the values
 * are already; moves in a row become one. Results stay bit for bit the same, but for -0 + 0, which is 0 and becomes -0.
 */
export const removeNoOps = (graph: Graph): Graph =>
  rewrite(graph, (node, producers) => {
    const known = { constants: graph.constants, producers }
    for (const rule of rules) {
      const simpler = rule(node, known)
      if (simpler !== undefined) return simpler
    }
    return [node]
  })

/** The operand that changes nothing, and whether it may also come first. */
const neutral: Readonly<Record<string, { operand: number; commutes: boolean } | undefined>> = {
  Multiply: { operand: 1, commutes: true },
  Add: { operand: 0, commutes: true },
  Sub: { operand: 0, commutes: false },
  RealDiv: { operand: 1, commutes: false },
}

const dropNeutralOperand: Rule = ({ kernel, inputs, output }, { constants, producers }) => {
  const rule = neutral[kernel]
  if (rule === undefined) return undefined
  const [a, b] = inputs as [Value, Value]
  const isNeutral = (value: Value): boolean =>
    uniformValue(value, constants, producers) === rule.operand
  if (isNeutral(b)) return broadcast(a, output)
  return rule.commutes && isNeutral(a) ? broadcast(b, output) : undefined
}

/** A neutral operand may still have given the output its shape. */
const broadcast = (x: Value, output: Value): Replacement =>
  hasSameShape(x, output)
    ? x
    : [{ kernel: 'BroadcastTo', inputs: [x], attributes: { shape: output.shape }, output }]

/** Kernels that move nothing where they keep the shape. */
const movers: ReadonlySet<string> = new Set([
  'Reshape',
  'ExpandDims',
  'BroadcastTo',
  'Tile',
  'Slice',
  'PadV2',
])

const dropStandstill: Rule = ({ kernel, inputs: [x], output }) =>
  movers.has(kernel) && hasSameShape(x!, output) ? x : undefined

const isReshape = (node: Node | undefined): node is Node =>
  node?.kernel === 'Reshape' || node?.kernel === 'ExpandDims'

const mergeReshapes: Rule = (node, { producers }) => {
  const before = producers.get(node.inputs[0]!)
  if (!isReshape(node) || !isReshape(before)) return undefined
  const { inputs } = before
  const { output } = node
  if (hasSameShape(inputs[0]!, output)) return inputs[0]
  return [{ kernel: 'Reshape', inputs, attributes: { shape: output.shape }, output }]
}

const permOf = ({ attributes }: Node): readonly number[] => attributes['perm'] as number[]

const mergeTransposes: Rule = (node, { producers }) => {
  if (node.kernel !== 'Transpose') return undefined
  const before = producers.get(node.inputs[0]!)
  const isSecond = before?.kernel === 'Transpose'
  const perm = isSecond ? permOf(node).map((axis) => permOf(before)[axis]!) : permOf(node)
  const inputs = isSecond ? before.inputs : node.inputs
  if (perm.every((axis, i) => axis === i)) return inputs[0]
  return isSecond ? [{ ...node, inputs, attributes: { perm } }] : undefined
}

const dropDoubleNegation: Rule = ({ kernel, inputs: [x] }, { producers }) => {
  const before = kernel === 'Neg' ? producers.get(x!) : undefined
  return before?.kernel === 'Neg' ? before.inputs[0] : undefined
}

const rules: readonly Rule[] = [
  dropNeutralOperand,
  dropStandstill,
  mergeReshapes,
  mergeTransposes,
  dropDoubleNegation,
]
