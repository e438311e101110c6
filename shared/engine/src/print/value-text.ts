import { uniformValueOf } from '../passes/uniform-value.ts'
import type { ConstantData, Graph, Value } from '../trace/graph.ts'
import { numberToText } from './attributes-to-text.ts'

/** Constants of at most so many values are printed in full. */
const PRINTED_VALUES = 8

/** How values are called in a printed graph: inputs `%views` by name, all others `%12` by number. */
export function nameValues(graph: Graph): (value: Value) => string {
  const inputs = new Map([...graph.inputs].map(([name, value]) => [value, name]))
  return (value) => `%${inputs.get(value) ?? value.id}`
}

/** `float32[2,3]` */
export const typeToText = ({ dtype, shape }: Value): string => `${dtype}[${shape.join()}]`

/** `2`, `[1, 2, 3]`, `1 everywhere` or `9408 values`. */
export function dataToText(data: ConstantData, { shape }: Value): string {
  if (shape.length === 0) return numberToText(data[0]!)
  const uniform = uniformValueOf(data)
  if (uniform !== undefined) return `${numberToText(uniform)} everywhere`
  if (data.length > PRINTED_VALUES) return `${data.length} values`
  return `[${Array.from(data, numberToText).join(', ')}]`
}
