import type { Value } from '../trace/graph.ts'

export const hasSameShape = (a: Value, b: Value): boolean => a.shape.join() === b.shape.join()
