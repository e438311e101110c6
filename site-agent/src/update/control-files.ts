/** The site's control variate before and after a round, from files, in stretches of the model (SCAFFOLD). */
import { nextControl } from '@consilium/learning/control-variate'
import type { WeightsFile } from './weights-file.ts'

export interface ControlFiles {
  /** c_i before the round; absent: zeros. */
  readonly own: WeightsFile | undefined
  /** c, as the site trained with it; absent: zeros. */
  readonly global: WeightsFile | undefined
  /** How far the round's steps lead with gradients of 1. */
  readonly reach: number
}

/** c_i after a round that sent `delta`, which begins at value `first` of the model. */
export async function controlAfter(
  { own, global, reach }: ControlFiles,
  { first, delta }: { readonly first: number; readonly delta: Float32Array },
): Promise<Float32Array> {
  const read = async (file: WeightsFile | undefined): Promise<Float32Array> => {
    const values = new Float32Array(delta.length)
    await file?.readInto(values, first)
    return values
  }
  return nextControl({ own: await read(own), global: await read(global), delta }, reach)
}
