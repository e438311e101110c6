import { tf, type Program } from '../index.ts'
import { traceProgram } from '../trace/trace-program.ts'
import { graphToDot } from './graph-to-dot.ts'

test('a graph is drawn with its inputs, constants, nodes and outputs', () => {
  const program: Program = ({ x }) => ({ 'mean of "x"': tf.sum(tf.div(x!, 2), 0) })
  expect(graphToDot(traceProgram(program, { x: [2] }))).toBe(
    String.raw`digraph program {
  "%x" [label="x\nfloat32[2]", shape=ellipse]
  "%1" [label="2\nfloat32[]", shape=plaintext]
  "%2" [label="RealDiv\nfloat32[2]", shape=box]
  "%x" -> "%2"
  "%1" -> "%2"
  "%3" [label="Sum {axis: 0, keepDims: false}\nfloat32[]", shape=box]
  "%2" -> "%3"
  "output mean of \"x\"" [label="mean of \"x\"", shape=ellipse]
  "%3" -> "output mean of \"x\""
}
`,
  )
})
