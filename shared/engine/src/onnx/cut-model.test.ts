import { tf, type Program } from '../index.ts'
import { traceProgram } from '../trace/trace-program.ts'
import { cutModel, type Piece } from './cut-model.ts'
import { directOutputs } from './direct-outputs.ts'
import { lowerGraph } from './lower-graph.ts'

/** w' = exp(w), h = relu(x w'), features = h + 1, gradient = (c * (h > 0))' x */
const program: Program = ({ w, x, c }) => {
  const hidden = tf.relu(tf.matMul(x!, tf.exp(w!)))
  const mask = tf.cast(tf.greater(hidden, 0), 'float32')
  return { features: tf.add(hidden, 1), gradient: tf.matMul(tf.mul(c!, mask), x!, true) }
}

const cut = (recompute: boolean) => {
  const graph = traceProgram(program, { w: [2, 2], x: [3, 2], c: [3, 2] })
  return cutModel(directOutputs(lowerGraph(graph)), {
    samples: 'x',
    cotangent: 'c',
    features: 'features',
    recompute,
  })
}

const operators = ({ nodes }: Piece): string[] => nodes.map(({ opType }) => opType)

test('what depends on the weights alone is done apart, and its result is an input of the passes', () => {
  const { weights, forward } = cut(false)
  expect(operators(weights)).toEqual(['Exp'])
  expect(weights.inputs).toEqual(['w'])
  expect(forward.inputs).toContain(weights.outputs[0])
  expect(forward.inputs).not.toContain('w')
})

test('values are carried from the forward to the backward pass, and cheap ones made there', () => {
  const { forward, backward } = cut(false)
  expect(operators(forward)).toEqual(['Gemm', 'Relu', 'Add'])
  expect(operators(backward)).toEqual(['Greater', 'Cast', 'Mul', 'Gemm'])
  const carried = backward.inputs.filter((name) => forward.outputs.includes(name))
  expect(carried).toHaveLength(1)
  expect(carried[0]).toMatch(/^~Relu/)
  expect([...backward.inputs].sort()).toEqual([...carried, 'c', 'x'].sort())
})

test('a backward pass that computes the activations again needs only samples and weights', () => {
  const { weights, forward, backward } = cut(true)
  expect(operators(backward)).toEqual(['Gemm', 'Relu', 'Greater', 'Cast', 'Mul', 'Gemm'])
  expect([...backward.inputs].sort()).toEqual([...weights.outputs, 'c', 'x'].sort())
  expect(forward.outputs).toHaveLength(1)
})

test('an output that is another output or an input is a copy, so that each can be written apart', () => {
  const graph = traceProgram(({ x }) => ({ a: x!, b: tf.neg(x!), c: tf.reshape(x!, [4]) }), {
    x: [2, 2],
  })
  const { outputs, nodes } = directOutputs(lowerGraph(graph))
  expect(new Set(outputs.values()).size).toBe(3)
  expect([...outputs.values()]).not.toContain('x')
  expect(nodes.filter(({ opType }) => opType === 'Identity')).toHaveLength(2)
})
