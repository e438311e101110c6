import { elementwiseKernels } from '../kernels/elementwise.ts'
import type { Node } from '../trace/graph.ts'

const names: ReadonlySet<string> = new Set(elementwiseKernels.map(({ name }) => name))

/** Whether every number of the output depends on the numbers at its place only, inputs broadcast to one shape. */
export const isElementwise = ({ kernel }: Node): boolean => names.has(kernel)
