export { inPieces } from './in-pieces.ts'
export { chunkCount, chunkRange, CHUNK_BYTES, MAX_CHUNKS, type Cut } from './chunks.ts'
export {
  decodeFrame,
  encodeFrame,
  MAX_FRAME_BYTES,
  type Frame,
  type FrameKind,
  type Frames,
} from './frame.ts'
export { createMeter, type Meter } from './meter.ts'
export { negotiateVersion, PROTOCOL_MAX, PROTOCOL_MIN, type VersionRange } from './version.ts'
export { FrameTooLargeError, MalformedFrameError, VersionMismatchError } from './errors.ts'
