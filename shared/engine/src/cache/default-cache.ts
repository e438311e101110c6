import { homedir } from 'node:os'
import path from 'node:path'

/** The user's cache folder. XDG_CACHE_HOME counts if it is an absolute path (XDG Base Directory specification). */
export function defaultCache(): string {
  const asked = process.env['XDG_CACHE_HOME'] ?? ''
  const base = path.isAbsolute(asked) ? asked : path.join(homedir(), '.cache')
  return path.join(base, 'consilium', 'engine')
}
