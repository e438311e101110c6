import { assertSameSchema, WeightsMismatchError, type Passes } from '@consilium/weights'
import type { WeightsFile } from './weights-file.ts'

export interface DeltaFiles {
  readonly before: WeightsFile
  readonly after: WeightsFile
  /** What earlier updates left unsaid: added to the difference. */
  readonly residual: WeightsFile | undefined
}

/**
 * `after - before`, and the residual, in pieces of so many values. A piece holds until the next one is asked for.
 * Throws WEIGHTS_MISMATCH if the tensors differ.
 */
export function deltaPieces({ before, after, residual }: DeltaFiles, pieceValues: number): Passes {
  for (const other of residual === undefined ? [after] : [after, residual])
    assertSameVector(other, before)
  return async function* () {
    const room = new Float32Array(pieceValues)
    const otherRoom = new Float32Array(pieceValues)
    for (let first = 0; first < before.values; first += pieceValues) {
      const count = Math.min(pieceValues, before.values - first)
      const piece = room.subarray(0, count)
      const other = otherRoom.subarray(0, count)
      await Promise.all([after.readInto(piece, first), before.readInto(other, first)])
      for (let i = 0; i < count; i += 1) piece[i]! -= other[i]!
      await residual?.readInto(other, first)
      if (residual !== undefined) for (let i = 0; i < count; i += 1) piece[i]! += other[i]!
      yield piece
    }
  }
}

/** Throws WEIGHTS_MISMATCH. */
export function assertSameVector({ schema }: WeightsFile, model: WeightsFile): void {
  const what = 'The trained model'
  assertSameSchema(schema, model.schema, what)
  const names = [...model.schema.keys()]
  if ([...schema.keys()].some((name, i) => name !== names[i]))
    throw new WeightsMismatchError({ what, problem: 'its tensors are in another order' })
}
