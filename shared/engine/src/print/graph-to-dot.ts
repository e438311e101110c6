/** A graph in Graphviz's DOT language (https://graphviz.org/doc/info/lang.html). */
import type { Graph, Value } from '../trace/graph.ts'
import { attributesToText } from './attributes-to-text.ts'
import { dataToText, nameValues, typeToText } from './value-text.ts'

/** Boxes are nodes, ellipses inputs and outputs, plain text constants; arrows go with the data. */
export function graphToDot(graph: Graph): string {
  const nameOf = nameValues(graph)
  const draw = (value: Value, lines: readonly string[], shape: string): string =>
    `${quote(nameOf(value))} [label=${quote(...lines)}, shape=${shape}]`
  const lines = [
    ...[...graph.inputs].map(([name, value]) => draw(value, [name, typeToText(value)], 'ellipse')),
    ...[...graph.constants].map(([value, data]) =>
      draw(value, [dataToText(data, value), typeToText(value)], 'plaintext'),
    ),
    ...graph.nodes.flatMap(({ kernel, inputs, attributes, output }) => [
      draw(output, [`${kernel} ${attributesToText(attributes)}`, typeToText(output)], 'box'),
      ...inputs.map((input) => `${quote(nameOf(input))} -> ${quote(nameOf(output))}`),
    ]),
    ...[...graph.outputs].flatMap(([name, value]) => [
      `${quote(`output ${name}`)} [label=${quote(name)}, shape=ellipse]`,
      `${quote(nameOf(value))} -> ${quote(`output ${name}`)}`,
    ]),
  ]
  return `digraph program {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`
}

/** One DOT string of one or several lines. */
const quote = (...lines: readonly string[]): string =>
  `"${lines.map((line) => line.trimEnd().replaceAll(/["\\]/g, String.raw`\$&`)).join(String.raw`\n`)}"`
