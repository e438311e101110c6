import { createHash } from 'node:crypto'

/** Node's hash refuses more than 2 GiB at once. */
const PIECE_BYTES = 2 ** 30

/** SHA-256 of `bytes`, of any length, in lower-case hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  const hash = createHash('sha256')
  if (typeof bytes === 'string') return hash.update(bytes).digest('hex')
  for (let start = 0; start < bytes.length; start += PIECE_BYTES)
    hash.update(bytes.subarray(start, start + PIECE_BYTES))
  return hash.digest('hex')
}

export const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)
