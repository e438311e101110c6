/** The next `count` bytes of what is decoded; a view that the next call may overwrite. Throws WEIGHTS_FORMAT at the end. */
export type ReadBytes = (count: number) => Uint8Array

/** Values that are decoded and checked at a time. */
export const BLOCK_VALUES = 64 * 1024
