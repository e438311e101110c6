import { ConsiliumError } from '@consilium/errors'
import type { VersionRange } from './version.ts'

/** Thrown when a frame is larger than the contract allows. */
export class FrameTooLargeError extends ConsiliumError {
  constructor(bytes: number, maxBytes: number) {
    super({
      code: 'PROTO_FRAME_TOO_LARGE',
      message: `A control message has ${bytes} bytes, at most ${maxBytes} are allowed. Weights travel over HTTP; shorten the study plan if it is the plan that is too long.`,
    })
  }
}

/** Thrown when received bytes are not a frame. */
export class MalformedFrameError extends ConsiliumError {
  constructor(problem: string, cause?: unknown) {
    super({
      code: 'PROTO_MALFORMED',
      message: `A control message cannot be read: ${problem}. Check that both sides run a released version of Consilium and that no proxy alters the connection.`,
      cause,
    })
  }
}

/** Thrown when two sides share no version of the protocol. */
export class VersionMismatchError extends ConsiliumError {
  constructor({ ours, theirs }: { ours: VersionRange; theirs: VersionRange }) {
    const older = theirs.max < ours.min ? 'other side' : 'side that reports this'
    super({
      code: 'PROTO_VERSION_MISMATCH',
      message: `No common protocol version: this side speaks ${ours.min} to ${ours.max}, the other ${theirs.min} to ${theirs.max}. Upgrade Consilium on the ${older}.`,
    })
  }
}
