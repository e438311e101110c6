import { kernels } from '../kernels/index.ts'
import { tf, type TensorFlow } from '../tf.ts'
import type { ConstantData, Node } from '../trace/graph.ts'

const BACKEND = 'cpu'

/** Whether TensorFlow.js's CPU backend has the node's kernel; it lacks those that only our passes make. */
export const canEvaluate = ({ kernel }: Node): boolean =>
  (tf.getKernel(kernel, BACKEND) as TensorFlow.KernelConfig | undefined) !== undefined

/** A node's output for these values of its inputs, by TensorFlow.js's CPU kernel and past tfjs's engine, whose state stays. */
export function evaluateNode(node: Node, data: readonly ConstantData[]): ConstantData {
  const backend = tf.findBackend(BACKEND)
  const tensors = node.inputs.map(({ shape, dtype }, i) => ({
    dataId: backend.write(data[i]!, [...shape], dtype),
    shape: [...shape],
    dtype,
  }))
  const names = kernels.get(node.kernel)?.inputs
  const { dataId } = tf.getKernel(node.kernel, BACKEND).kernelFunc({
    // A kernel without named inputs takes a list, whatever the type says.
    inputs: names
      ? Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))
      : (tensors as never),
    attrs: node.attributes as TensorFlow.NamedAttrMap,
    backend,
  }) as TensorFlow.TensorInfo
  // Its own arrays are not always of the output's type: a cast from bool to float32 keeps bytes.
  const values = backend.readSync(dataId) as ConstantData
  const result = tf.util.getTypedArrayFromDType(node.output.dtype, values.length)
  result.set(values)
  return result
}
