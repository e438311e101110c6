import type { RuntimeName } from '../compile.ts'
import { loadNativeTensorFlow } from '../runtimes/native-tensorflow.ts'

const native = loadNativeTensorFlow()

/** The runtimes of this machine that must compute what the reference computes. */
export const comparedRuntimes: readonly RuntimeName[] = native.loaded
  ? ['onnx', 'tensorflow']
  : ['onnx']

/** A test for machines where TensorFlow's native library loads; elsewhere its title says why it is skipped. */
export function testOnTensorFlow(title: string, body: jest.ProvidesCallback): void {
  if (native.loaded) test(title, body)
  else test.skip(`${title} (skipped: ${native.reason})`, body)
}
