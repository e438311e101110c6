import { arrangementKernels } from './arrangement.ts'
import { averagePoolingKernels } from './average-pooling.ts'
import { convolutionKernels } from './convolution.ts'
import { elementwiseKernels } from './elementwise.ts'
import { indexingKernels } from './indexing.ts'
import type { Kernel } from './kernel.ts'
import { matMulKernels } from './mat-mul.ts'
import { poolingKernels } from './pooling.ts'
import { reductionKernels } from './reductions.ts'
import { scanKernels } from './scans.ts'
import { scaleShift } from './scale-shift.ts'
import { slicingKernels } from './slicing.ts'

/** Every kernel the engine can record and lower, by name. */
export const kernels: ReadonlyMap<string, Kernel> = new Map(
  [
    ...elementwiseKernels,
    ...reductionKernels,
    ...scanKernels,
    ...arrangementKernels,
    ...slicingKernels,
    ...indexingKernels,
    ...matMulKernels,
    ...convolutionKernels,
    ...poolingKernels,
    ...averagePoolingKernels,
    scaleShift,
  ].map((kernel) => [kernel.name, kernel]),
)

export type { Kernel } from './kernel.ts'
