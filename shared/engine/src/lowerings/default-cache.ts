import { homedir } from 'node:os'
import path from 'node:path'

/** The user's cache folder (XDG Base Directory specification). */
export const defaultCache = (): string =>
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'consilium', 'engine')
