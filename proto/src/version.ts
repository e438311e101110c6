import { VersionMismatchError } from './errors.ts'

export const PROTOCOL_MIN = 1
/** Version 2 tells sites what they wait for, cuts updates into chunks with digests and names their format. */
export const PROTOCOL_MAX = 2

export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** The highest version both ranges hold. Throws PROTO_VERSION_MISMATCH if there is none. */
export function negotiateVersion(ours: VersionRange, theirs: VersionRange): number {
  const version = Math.min(ours.max, theirs.max)
  if (version < Math.max(ours.min, theirs.min)) throw new VersionMismatchError({ ours, theirs })
  return version
}
