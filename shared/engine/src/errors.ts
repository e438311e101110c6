import { ConsiliumError } from '@consilium/errors'

/** Thrown when a program uses a kernel that cannot be recorded or has no ONNX lowering. */
export class MissingKernelError extends ConsiliumError {
  constructor(kernel: string) {
    super({
      code: 'ENGINE_KERNEL_MISSING',
      message: `The program uses the TensorFlow.js kernel '${kernel}', which the engine cannot compile. Write the program without it, or add the kernel (docs/how-to/add-a-kernel.md).`,
    })
  }
}

/** Thrown when a program reads a tensor's values while it is being recorded. */
export class TracedReadError extends ConsiliumError {
  constructor() {
    super({
      code: 'ENGINE_TRACED_READ',
      message:
        'The program reads the values of a tensor (dataSync, data, arraySync or print) while it is compiled. A program only describes the computation: return the tensor as an output instead.',
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

/** Thrown when the asked runtime cannot be used on this machine. */
export class RuntimeUnavailableError extends ConsiliumError {
  constructor({ runtime, cause }: { runtime: string; cause: unknown }) {
    super({
      code: 'ENGINE_RUNTIME_UNAVAILABLE',
      message: `The runtime '${runtime}' cannot be loaded on this machine. Compile for the runtime 'onnx', which needs npm packages only.`,
      cause,
    })
  }
}
