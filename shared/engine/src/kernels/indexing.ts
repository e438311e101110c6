/** Kernels that read or write at places other tensors name. Indices are whole numbers, [..] int32. */
import { MissingKernelError } from '../errors.ts'
import { dataTypeCodes } from '../onnx/model-schema.ts'
import { tf } from '../tf.ts'
import type { Attributes, DataType, Value } from '../trace/graph.ts'
import type { Kernel } from './kernel.ts'

/** x[..., indices, ...] along one axis. */
const gather: Kernel = {
  name: 'GatherV2',
  inputs: ['x', 'indices'],
  infer: ([x, indices], attributes) => {
    if (attributes['batchDims'] !== 0) throw new MissingKernelError('GatherV2 with batchDims')
    const axis = axisOf(x!, attributes)
    return { shape: x!.shape.toSpliced(axis, 1, ...indices!.shape), dtype: x!.dtype }
  },
  lower: ({ inputs: [x, indices], attributes, output }, writer) => {
    const names = [writer.load(x!), writer.load(indices!)]
    writer.store(output, writer.emit('Gather', names, { axis: axisOf(x!, attributes) }))
  },
}

const axisOf = ({ shape }: Value, attributes: Attributes): number =>
  tf.util.parseAxisParam(attributes['axis'] as number, [...shape])[0]!

/** Row i of x [N, ...] added to row segmentIds[i] of the result [numSegments, ...]: the gradient of GatherV2. */
const unsortedSegmentSum: Kernel = {
  name: 'UnsortedSegmentSum',
  inputs: ['x', 'segmentIds'],
  infer: ([x], attributes) => ({
    shape: [attributes['numSegments'] as number, ...x!.shape.slice(1)],
    dtype: x!.dtype,
  }),
  lower: ({ inputs: [x, segmentIds], output }, writer) => {
    const rows = writer.emit('Cast', [writer.load(segmentIds!)], { to: dataTypeCodes.int64 })
    const indices = writer.reshape(rows, [x!.shape[0]!, 1])
    const empty = writer.filled(output.shape, 0, output.dtype)
    const names = [empty, indices, writer.load(x!)]
    writer.store(output, writer.emit('ScatterND', names, { reduction: 'add' }))
  },
}

/** indices [...] -> [..., depth], onValue where the last axis is the index and offValue elsewhere. */
const oneHot: Kernel = {
  name: 'OneHot',
  inputs: ['indices'],
  infer: ([indices], attributes) => ({
    shape: [...indices!.shape, attributes['depth'] as number],
    dtype: attributes['dtype'] as DataType,
  }),
  lower: ({ inputs: [indices], attributes, output }, writer) => {
    const depth = attributes['depth'] as number
    const places = writer.constant(
      Int32Array.from({ length: depth }, (_, i) => i),
      [depth],
      'int32',
    )
    const column = writer.reshape(writer.load(indices!), [...indices!.shape, 1])
    const [on, off] = ['onValue', 'offValue'].map((name) =>
      writer.filled([], attributes[name] as number, output.dtype),
    )
    const isHere = writer.emit('Equal', [column, places])
    writer.store(output, writer.emit('Where', [isHere, on!, off!]))
  },
}

export const indexingKernels: readonly Kernel[] = [gather, unsortedSegmentSum, oneHot]
