import { InvalidArgumentError } from 'commander'

export function parseSite(text: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(text)) return text
  throw new InvalidArgumentError('Expected lower-case letters, digits and dashes, at most 63.')
}

/** A whole number from 1 to 99,999. */
export function parseCount(text: string): number {
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (count >= 1) return count
  throw new InvalidArgumentError('Expected a whole number from 1 to 99999.')
}
