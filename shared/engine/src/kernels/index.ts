import { arrangementKernels } from './arrangement.ts'
import { convolutionKernels } from './convolution.ts'
import { elementwiseKernels } from './elementwise.ts'
import type { Kernel } from './kernel.ts'
import { matMulKernels } from './mat-mul.ts'
import { poolingKernels } from './pooling.ts'
import { reductionKernels } from './reductions.ts'
import { scaleShift } from './scale-shift.ts'

/** Every kernel the engine can record and lower, by name. */
export const kernels: ReadonlyMap<string, Kernel> = new Map(
  [
    ...elementwiseKernels,
    ...reductionKernels,
    ...arrangementKernels,
    ...matMulKernels,
    ...convolutionKernels,
    ...poolingKernels,
    scaleShift,
  ].map((kernel) => [kernel.name, kernel]),
)

export type { Kernel } from './kernel.ts'
