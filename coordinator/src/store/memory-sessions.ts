import { randomBytes } from 'node:crypto'
import type { Sessions } from './sessions.ts'

/** Sessions of a coordinator that nobody shares the study with: they end with the process. */
export function createMemorySessions(): Sessions {
  const sites = new Map<string, { token: string; epoch: number }>()
  const tokens = new Map<string, string>()
  return {
    open(site) {
      const older = sites.get(site)
      if (older !== undefined) tokens.delete(older.token)
      const session = { token: newSessionToken(), epoch: (older?.epoch ?? 0) + 1 }
      sites.set(site, session)
      tokens.set(session.token, site)
      return Promise.resolve(session)
    },
    siteOf: (token) => Promise.resolve(tokens.get(token)),
    onOpened: () => undefined,
  }
}

export const newSessionToken = (): string => randomBytes(32).toString('hex')
