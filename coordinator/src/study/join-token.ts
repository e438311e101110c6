/** The secret that lets a site join, kept in the state folder so that a restart does not lock the sites out. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '../blobs/durable-file.ts'

const FILE = 'join-token'

/** The token given, else the stored one, else a new one; what was given or made is stored, readable by its owner only. */
export async function resolveJoinToken(folder: string, given: string | undefined): Promise<string> {
  const path = join(folder, FILE)
  const stored = existsSync(path) ? await readFile(path, 'utf8') : undefined
  const token = given ?? stored ?? randomBytes(24).toString('base64url')
  if (token !== stored) await writeDurably(path, token, 0o600)
  return token
}
