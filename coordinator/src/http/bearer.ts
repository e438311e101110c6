import type { FastifyRequest } from 'fastify'
import { SessionUnknownError } from '../errors.ts'
import type { LiveSites } from '../sockets/live-sites.ts'

/** The site whose session token the request carries. Throws SESSION_UNKNOWN. */
export function siteOfRequest(request: FastifyRequest, live: LiveSites): string {
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
  const site = token === undefined ? undefined : live.siteOfToken(token)
  if (site === undefined) throw new SessionUnknownError()
  return site
}
