import { ConsiliumError } from '@consilium/errors'

/** Thrown when a program uses a kernel that cannot be recorded or has no ONNX lowering. */
export class MissingKernelError extends ConsiliumError {
  constructor(kernel: string, site?: string) {
    const place = site === undefined ? '' : ` at ${site}`
    super({
      code: 'ENGINE_KERNEL_MISSING',
      message: `The program uses the TensorFlow.js kernel '${kernel}'${place}, which the engine cannot compile. Write the program without it, or add the kernel (docs/how-to/add-a-kernel.md).`,
    })
  }
}

/** Thrown when a program reads a tensor's values while it is being recorded. */
export class TracedReadError extends ConsiliumError {
  constructor({ source, site }: { source: string; site: string }) {
    super({
      code: 'ENGINE_TRACED_READ',
      message: `The program reads the values of ${source} at ${site} (dataSync, data, arraySync or print) while it is compiled. A program only describes the computation: return the tensor as an output instead.`,
    })
  }
}

/** Thrown when a program uses an operation whose result has as many values as the data says. */
export class DynamicShapeError extends ConsiliumError {
  constructor({ operation, site }: { operation: string; site: string }) {
    super({
      code: 'ENGINE_DYNAMIC_SHAPE',
      message: `The program uses '${operation}' at ${site}, whose result has a shape that depends on values; the shapes of a compiled program are fixed. Keep the shape and mask with tf.where(condition, a, b) or a product, or do this step outside the program.`,
    })
  }
}

/** Thrown when a program uses or returns a tensor that it neither was given nor made. */
export class OutsideTensorError extends ConsiliumError {
  constructor(use: string) {
    super({
      code: 'ENGINE_OUTSIDE_TENSOR',
      message: `${use} is a tensor from outside the program, whose values are not known while it is compiled. Pass it as an input or as state, or make it inside the program.`,
    })
  }
}

/** Thrown when what a program returns cannot be an output. */
export class InvalidOutputError extends ConsiliumError {
  constructor({ output, came, expected }: { output: string; came: string; expected: string }) {
    super({
      code: 'ENGINE_INVALID_OUTPUT',
      message: `${output} is ${came}, expected ${expected}.`,
    })
  }
}

/** Thrown when what a caller passes to an executable does not fit its signature. */
export class InvalidInputError extends ConsiliumError {
  constructor({ name, came, expected }: { name: string; came: string; expected: string }) {
    super({
      code: 'ENGINE_INVALID_INPUT',
      message: `Input '${name}' is ${came}, expected ${expected}. Nothing was run.`,
    })
  }
}

/** Thrown when a compiled program is run after it was disposed of. */
export class DisposedError extends ConsiliumError {
  constructor() {
    super({
      code: 'ENGINE_DISPOSED',
      message:
        'The compiled program was disposed of and cannot run any more. Dispose of it after the last run, or compile it again.',
    })
  }
}

/** Thrown when the asked runtime cannot be used on this machine. */
export class RuntimeUnavailableError extends ConsiliumError {
  constructor({ runtime, reason }: { runtime: string; reason: string }) {
    super({
      code: 'ENGINE_RUNTIME_UNAVAILABLE',
      message: `The runtime '${runtime}' cannot be loaded on this machine: ${reason}. Compile for the runtime 'onnx', which needs npm packages only.`,
    })
  }
}

/** Thrown when the command line of `engine` cannot be understood. */
export class UsageError extends ConsiliumError {
  constructor(reason: string) {
    super({ code: 'ENGINE_USAGE', message: `${reason}. See engine doctor --help.` })
  }
}

/** Thrown when a thread that computes for a training step is gone. */
export class LaneEndedError extends ConsiliumError {
  constructor(cause: unknown) {
    super({
      code: 'ENGINE_LANE_ENDED',
      message:
        'A computing thread of the training step has ended unexpectedly. The step is lost; compile it again.',
      cause,
    })
  }
}

/** Thrown when ONNX Runtime cannot have the memory it asks for. */
export class OutOfMemoryError extends ConsiliumError {
  constructor(message: string) {
    super({
      code: 'ENGINE_OUT_OF_MEMORY',
      message: `Not enough memory for the computation (${message}). Use a smaller model, image size or fewer threads, or a machine with more memory.`,
    })
  }
}

/** Thrown when ONNX Runtime fails for any other reason. */
export class RuntimeFailedError extends ConsiliumError {
  constructor(message: string) {
    super({ code: 'ENGINE_RUNTIME_FAILED', message: `ONNX Runtime failed: ${message}` })
  }
}

export const asEngineError = (message: string): ConsiliumError =>
  /allocate memory|bad_alloc|bad allocation/i.test(message)
    ? new OutOfMemoryError(message)
    : new RuntimeFailedError(message)
