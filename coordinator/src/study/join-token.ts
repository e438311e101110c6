/** The secret that lets a site join, kept with the study so that a restart does not lock the sites out. */
import { randomBytes } from 'node:crypto'
import type { Secrets } from '../store/secrets.ts'

const NAME = 'join-token'

/** The token given, else the stored one, else a new one; what was given or made is stored. An empty one is none. */
export async function resolveJoinToken(
  secrets: Secrets,
  given: string | undefined,
): Promise<string> {
  if (given === undefined || given.trim() === '')
    return secrets.make(NAME, randomBytes(24).toString('base64url'))
  if (given !== (await secrets.read(NAME))) await secrets.write(NAME, given)
  return given
}
