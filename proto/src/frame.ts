/**
 * A frame is one control message, as plain data. Its types come from consilium/v1/consilium.proto: one variant per body
 * of the envelope, every field present. Fields unknown to this version are dropped, so sign received bytes, not frames.
 */
import { FrameTooLargeError, MalformedFrameError } from './errors.ts'
import { consilium } from './gen/consilium.js'

/** No frame is larger: weights travel over HTTP, and the longest message is a study plan or a manifest. */
export const MAX_FRAME_BYTES = 256 * 1024

type Envelope = consilium.v1.Envelope.$Properties

export type FrameKind = Exclude<keyof Envelope, 'body' | '$unknowns'>

type Plain<T> = T extends readonly (infer E)[] ? readonly E[] : T

type Fields<T> = { readonly [F in Exclude<keyof T, '$unknowns'>]-?: Plain<NonNullable<T[F]>> }

export type Frames = {
  readonly [K in FrameKind]: { readonly kind: K } & Fields<NonNullable<Envelope[K]>>
}

export type Frame = Frames[FrameKind]

/** Throws PROTO_FRAME_TOO_LARGE. */
export function encodeFrame(frame: Frame): Uint8Array {
  const { kind, ...fields } = frame
  const bytes = consilium.v1.Envelope.encode({ [kind]: fields }).finish()
  if (bytes.length > MAX_FRAME_BYTES) throw new FrameTooLargeError(bytes.length, MAX_FRAME_BYTES)
  return bytes
}

/** Throws PROTO_FRAME_TOO_LARGE and PROTO_MALFORMED. The codec refuses nesting, unknown groups included, beyond 100. */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length > MAX_FRAME_BYTES) throw new FrameTooLargeError(bytes.length, MAX_FRAME_BYTES)
  const envelope = decodeEnvelope(bytes)
  const kind = envelope.body
  if (kind === undefined) throw new MalformedFrameError('it has no body this version knows')
  return { kind, ...fieldsOf(envelope[kind]!) } as Frame
}

function decodeEnvelope(bytes: Uint8Array): consilium.v1.Envelope {
  try {
    return consilium.v1.Envelope.decode(bytes)
  } catch (cause) {
    throw new MalformedFrameError('its bytes are not an Envelope of consilium.v1', cause)
  }
}

/** A decoded message keeps the fields that were absent on its prototype, as proto3 defaults: `in` sees them. */
function fieldsOf(message: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const name in message) fields[name] = message[name as keyof typeof message]
  return fields
}
