/** The secret that lets an operator control the study over HTTP. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../store/secrets.ts'

export const OPERATOR_TOKEN = 'operator-token'

/** The stored token, else a new one. */
export const resolveOperatorToken = (secrets: Secrets): Promise<string> =>
  secrets.make(OPERATOR_TOKEN, randomBytes(24).toString('base64url'))

/** In constant time. */
export function isOperatorToken(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
