export { compile, type CompileOptions, type Executable, type RuntimeName } from './compile.ts'
export { tf, type TensorFlow } from './tf.ts'
export type { Program, Signature, Tensors } from './program.ts'
export {
  InvalidInputError,
  MissingKernelError,
  RuntimeUnavailableError,
  TracedReadError,
} from './errors.ts'
