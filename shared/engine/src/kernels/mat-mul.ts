import type { GraphWriter } from '../onnx/graph-writer.ts'
import type { Value } from '../trace/graph.ts'
import type { Kernel } from './kernel.ts'

const lastTwo = ({ shape }: Value, transpose: unknown): [number, number] => {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!]
  return transpose === true ? [columns, rows] : [rows, columns]
}

function loadTransposed(writer: GraphWriter, value: Value, transpose: unknown): string {
  const rank = value.shape.length
  const name = writer.load(value)
  if (transpose !== true) return name
  const perm = value.shape.map((_, i) => (i < rank - 2 ? i : rank * 2 - 3 - i))
  return writer.emit('Transpose', [name], { perm })
}

/** [..., N, K] x [..., K, M] -> [..., N, M]; two matrices become one Gemm, which transposes for free. */
const batchMatMul: Kernel = {
  name: 'BatchMatMul',
  inputs: ['a', 'b'],
  infer: ([a, b], { transposeA, transposeB }) => {
    const longer = a!.shape.length >= b!.shape.length ? a! : b!
    return {
      shape: [...longer.shape.slice(0, -2), lastTwo(a!, transposeA)[0], lastTwo(b!, transposeB)[1]],
      dtype: a!.dtype,
    }
  },
  lower: ({ inputs: [a, b], attributes: { transposeA, transposeB }, output }, writer) => {
    if (output.shape.length === 2) {
      const flags = { transA: transposeA === true ? 1 : 0, transB: transposeB === true ? 1 : 0 }
      writer.store(output, writer.emit('Gemm', [writer.load(a!), writer.load(b!)], flags))
      return
    }
    const names = [loadTransposed(writer, a!, transposeA), loadTransposed(writer, b!, transposeB)]
    writer.store(output, writer.emit('MatMul', names))
  },
}

export const matMulKernels: readonly Kernel[] = [batchMatMul]
