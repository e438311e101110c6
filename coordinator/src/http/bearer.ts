import type { FastifyRequest } from 'fastify'
import { SessionUnknownError } from '../errors.ts'
import type { LiveSites } from '../sockets/live-sites.ts'

export const bearerOf = ({ headers }: FastifyRequest): string | undefined =>
  /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]

/** The site whose session token the request carries. Throws SESSION_UNKNOWN. */
export function siteOfRequest(request: FastifyRequest, live: LiveSites): string {
  const token = bearerOf(request)
  const site = token === undefined ? undefined : live.siteOfToken(token)
  if (site === undefined) throw new SessionUnknownError()
  return site
}
