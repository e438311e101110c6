/**
 * Writes what training changed, in the agreed format, piece by piece: nothing is held that grows with the model. What a packed
 * format leaves unsaid, to the last bit, is written beside it and added to the next update (error feedback: Karimireddy et al.
 * 2019, arXiv 1901.09847, algorithm 2; Stich et al. 2018, arXiv 1809.07599).
 */
import {
  allFinite,
  bytesOfFloats,
  encodeSafetensorsHeader,
  packedHeader,
  packingOf,
  readFrom,
  type PackedFormat,
  type Passes,
  type WireFormat,
} from '@consilium/weights'
import { openReplacement, type Replacement } from '../state/replacement.ts'
import { controlAfter, type ControlFiles } from './control-files.ts'
import { assertSameVector, deltaPieces, type DeltaFiles } from './delta-pieces.ts'
import type { WeightsFile } from './weights-file.ts'

export interface UpdateTargets {
  readonly update: string
  /** For what a packed format leaves unsaid. */
  readonly residual: string
  /** For the site's control variate after the round. */
  readonly control: string
}

export interface UpdateFiles extends DeltaFiles {
  /** With the rule SCAFFOLD. */
  readonly control?: ControlFiles | undefined
}

export type WrittenUpdate = Awaited<ReturnType<Replacement['finish']>>

/** Undefined, and nothing is written, if a value is a NaN or an infinity. Throws WEIGHTS_MISMATCH. */
export async function writeUpdate(
  files: UpdateFiles,
  format: WireFormat,
  targets: UpdateTargets,
): Promise<WrittenUpdate | undefined> {
  const update = await openReplacement(targets.update)
  const residual = format.format === 'float32' ? undefined : await openReplacement(targets.residual)
  const control = files.control === undefined ? undefined : await openReplacement(targets.control)
  try {
    const finite = await writePieces(files, format, { update, residual, control })
    if (!finite) return undefined
    await residual?.finish()
    await control?.finish()
    return await update.finish()
  } finally {
    await update.abandon()
    await residual?.abandon()
    await control?.abandon()
  }
}

interface Replacements {
  readonly update: Replacement
  readonly residual: Replacement | undefined
  readonly control: Replacement | undefined
}

/** False if there is a value that is not finite. */
async function writePieces(
  files: UpdateFiles,
  format: WireFormat,
  { update, residual, control }: Replacements,
): Promise<boolean> {
  const { header, pieceValues, start } = encodingOf(format, files.before)
  const modelHeader = encodeSafetensorsHeader(files.before.schema)
  await residual?.write(modelHeader)
  await control?.write(modelHeader)
  await update.write(header)
  let first = 0
  for (const file of [files.control?.own, files.control?.global])
    if (file !== undefined) assertSameVector(file, files.before)
  const passes = deltaPieces(files, pieceValues)
  const encode = await start(passes)
  for await (const piece of passes()) {
    const { bytes, left } = encode(piece)
    if (!allFinite(piece) || !allFinite(left)) return false
    await update.write(bytes)
    await residual?.write(bytesOfFloats(left))
    if (files.control !== undefined) {
      const next = await controlAfter(files.control, { first, delta: sentOf(piece, left) })
      if (!allFinite(next)) return false
      await control?.write(bytesOfFloats(next))
    }
    first += piece.length
  }
  return true
}

/** What whoever decodes the bytes gets: exactly, as what is sent and what is left add up to the piece. */
const sentOf = (piece: Float32Array, left: Float32Array): Float32Array =>
  left.length === 0 ? piece : piece.map((value, i) => value - left[i]!)

interface Encoding {
  readonly header: Uint8Array
  readonly pieceValues: number
  readonly start: (passes: Passes) => Promise<(piece: Float32Array) => EncodedPiece>
}

interface EncodedPiece {
  readonly bytes: Uint8Array
  /** What whoever decodes the bytes does not get. */
  readonly left: Float32Array
}

function encodingOf(format: WireFormat, { schema, values }: WeightsFile): Encoding {
  if (format.format !== 'float32') return packedEncoding(format, values)
  return {
    header: encodeSafetensorsHeader(schema),
    pieceValues: PIECE_VALUES,
    start: () => Promise.resolve((piece) => ({ bytes: bytesOfFloats(piece), left: NOTHING })),
  }
}

const NOTHING = new Float32Array(0)

/** Fewer at a time cost more reads and writes. */
const PIECE_VALUES = 256 * 1024

function packedEncoding(format: PackedFormat, values: number): Encoding {
  const packing = packingOf(format, values)
  return {
    header: packedHeader({ format, values }),
    pieceValues: packing.pieceValues,
    async start(passes) {
      const pack = await packing.createPacker(passes)
      return (piece) => {
        const bytes = pack(piece)
        const left = packing.unpack(readFrom(bytes), piece.length)
        for (let i = 0; i < left.length; i += 1) left[i] = piece[i]! - left[i]!
        return { bytes, left }
      }
    },
  }
}
