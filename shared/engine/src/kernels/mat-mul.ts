import type { GraphWriter } from '../onnx/graph-writer.ts'
import { tf } from '../tf.ts'
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

/** A matrix in the order it is stored in, and whether Gemm must transpose it. */
function loadMatrix(
  writer: GraphWriter,
  value: Value,
  transpose: unknown,
): [name: string, transpose: 0 | 1] {
  const isStoredTransposed = writer.nativeLayout(value).join() === '1,0'
  const name = isStoredTransposed ? writer.load(value, [1, 0]) : writer.load(value)
  return [name, isStoredTransposed === (transpose === true) ? 0 : 1]
}

/** [..., N, K] x [..., K, M] -> [..., N, M], leading axes broadcast; two matrices become one Gemm, which transposes for free. */
const batchMatMul: Kernel = {
  name: 'BatchMatMul',
  inputs: ['a', 'b'],
  infer: ([a, b], { transposeA, transposeB }) => {
    const lead = tf.backend_util.assertAndGetBroadcastShape(
      a!.shape.slice(0, -2),
      b!.shape.slice(0, -2),
    )
    return {
      shape: [...lead, lastTwo(a!, transposeA)[0], lastTwo(b!, transposeB)[1]],
      dtype: a!.dtype,
    }
  },
  lower: ({ inputs: [a, b], attributes: { transposeA, transposeB }, output }, writer) => {
    if (output.shape.length === 2) {
      const [left, transA] = loadMatrix(writer, a!, transposeA)
      const [right, transB] = loadMatrix(writer, b!, transposeB)
      writer.store(output, writer.emit('Gemm', [left, right], { transA, transB }))
      return
    }
    const names = [loadTransposed(writer, a!, transposeA), loadTransposed(writer, b!, transposeB)]
    writer.store(output, writer.emit('MatMul', names))
  },
}

export const matMulKernels: readonly Kernel[] = [batchMatMul]
