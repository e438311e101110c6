import type { Graph } from '../trace/graph.ts'
import { attributesToText } from './attributes-to-text.ts'
import { dataToText, nameValues, typeToText } from './value-text.ts'

/**
 * A graph as text, one line for every input, constant, node and output, in the order of the program:
 * `%12 float32[8,14,14,64] = Conv2D(%3, %kernel) {pad: "same", strides: 1}`. The same graph gives the same text.
 */
export function graphToText(graph: Graph): string {
  const nameOf = nameValues(graph)
  const lines = [
    ...[...graph.inputs.values()].map((value) => `input ${nameOf(value)} ${typeToText(value)}`),
    ...[...graph.constants].map(
      ([value, data]) =>
        `constant ${nameOf(value)} ${typeToText(value)} = ${dataToText(data, value)}`,
    ),
    ...graph.nodes.map(({ kernel, inputs, attributes, output }) =>
      `${nameOf(output)} ${typeToText(output)} = ${kernel}(${inputs.map(nameOf).join(', ')}) ${attributesToText(attributes)}`.trimEnd(),
    ),
    ...[...graph.outputs].map(([name, value]) => `output ${name} = ${nameOf(value)}`),
  ]
  return lines.map((line) => `${line}\n`).join('')
}
