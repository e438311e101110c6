/** Operations whose result has a shape that depends on values. TensorFlow.js has two kinds of them. */

const kernels: ReadonlySet<string> = new Set([
  'NonMaxSuppressionV3',
  'NonMaxSuppressionV4',
  'NonMaxSuppressionV5',
  'RaggedGather',
  'RaggedRange',
  'RaggedTensorToTensor',
  'SparseFillEmptyRows',
  'StringNGrams',
  'StringSplit',
  'Unique',
])

export const hasDynamicShape = (kernel: string): boolean => kernels.has(kernel)

const READERS = /\b(booleanMaskAsync|whereAsync|setdiff1dAsync|nonMaxSuppression\w*Async)_ /g

/** Others have no kernel: TensorFlow.js reads their inputs. The outermost one on the stack of a read, if there is any. */
export const dynamicReader = ({ stack = '' }: Error): string | undefined =>
  [...stack.matchAll(READERS)].at(-1)?.[1]
