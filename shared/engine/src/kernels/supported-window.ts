import { MissingKernelError } from '../errors.ts'
import type { Attributes } from '../trace/graph.ts'
import type { Kernel } from './kernel.ts'

/** A kernel of convolution or pooling that refuses what its lowering leaves out. Throws ENGINE_KERNEL_MISSING. */
export const withSupportedWindow = (kernel: Kernel): Kernel => ({
  ...kernel,
  infer: (inputs, attributes) => {
    assertSupported(kernel.name, attributes)
    return kernel.infer(inputs, attributes)
  },
})

function assertSupported(name: string, attributes: Attributes): void {
  const dilations = [attributes['dilations'] ?? 1].flat()
  if (dilations.some((dilation) => dilation !== 1)) {
    throw new MissingKernelError(`${name} with dilations`)
  }
  const rounding = (attributes['dimRoundingMode'] as string | undefined) ?? 'floor'
  if (rounding !== 'floor') throw new MissingKernelError(`${name} with dimRoundingMode ${rounding}`)
  const format = (attributes['dataFormat'] as string | undefined) ?? 'NHWC'
  if (format !== 'NHWC') throw new MissingKernelError(`${name} in ${format}`)
}
