import type { FastifyRequest } from 'fastify'
import { SessionUnknownError } from '../errors.ts'
import type { Sessions } from '../store/sessions.ts'

export const bearerOf = ({ headers }: FastifyRequest): string | undefined =>
  /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]

/** The site whose session token the request carries. Throws SESSION_UNKNOWN. */
export async function siteOfRequest(request: FastifyRequest, sessions: Sessions): Promise<string> {
  const token = bearerOf(request)
  const site = token === undefined ? undefined : await sessions.siteOf(token)
  if (site === undefined) throw new SessionUnknownError()
  return site
}
