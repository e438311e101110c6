/** A training step carries weights and, under `momentum/`, the optimiser's buffers. */
import { sizeOf, type NamedArray, type NamedArrays } from '@consilium/weights'

const PREFIX = 'momentum/'

export const momentumName = (name: string): string => PREFIX + name

/** Weights with momentum buffers of zeros. */
export function withMomentum(weights: NamedArrays): NamedArrays {
  const buffers = [...weights].map(([name, { shape }]): [string, NamedArray] => [
    momentumName(name),
    { shape, data: new Float32Array(sizeOf(shape)) },
  ])
  return new Map([...weights, ...buffers])
}
