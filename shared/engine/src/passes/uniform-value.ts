import type { ConstantData, Graph, Node, Value } from '../trace/graph.ts'

/** The one number that all values of a constant are, if so; zeros of both signs are two numbers. */
export function uniformValueOf(data: ConstantData): number | undefined {
  const first = data[0]
  return data.every((value) => Object.is(value, first)) ? first : undefined
}

/** The one number that a value is everywhere whatever the program's inputs are, if that is known. */
export function uniformValue(
  value: Value,
  constants: Graph['constants'],
  producers: ReadonlyMap<Value, Node>,
): number | undefined {
  const data = constants.get(value)
  if (data !== undefined) return uniformValueOf(data)
  const node = producers.get(value)
  if (node?.kernel === 'ZerosLike') return 0
  if (node?.kernel === 'OnesLike') return 1
  return node?.kernel === 'Fill' ? (node.attributes['value'] as number) : undefined
}
