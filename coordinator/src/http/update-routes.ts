/** Upload of updates in chunks, each beginning where the last one ended. */
import type { FastifyInstance } from 'fastify'
import type { Uploads } from '../admission/uploads.ts'
import { BadRequestError } from '../errors.ts'
import type { Sessions } from '../store/sessions.ts'
import { siteOfRequest } from './bearer.ts'

/** A larger chunk is refused. */
export const MAX_CHUNK_BYTES = 4 * 1024 * 1024

export interface UpdateRoutesDeps {
  readonly uploads: Uploads
  readonly sessions: Sessions
}

export function addUpdateRoutes(
  app: FastifyInstance,
  { uploads, sessions }: UpdateRoutesDeps,
): void {
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: MAX_CHUNK_BYTES },
    (_, body, done) => {
      done(null, body)
    },
  )
  app.put<{ Params: { sha256: string } }>(
    '/v1/updates/:sha256',
    {
      bodyLimit: MAX_CHUNK_BYTES,
      // Before the body is read: a stranger's is not.
      onRequest: async (request) => {
        await siteOfRequest(request, sessions)
      },
    },
    async (request) => {
      const site = await siteOfRequest(request, sessions)
      const bytes = parseBody(request.body)
      const offset = parseRange(request.headers['content-range'], bytes.length)
      const { sha256 } = request.params
      return { offset: await uploads.append(site, { sha256, offset, bytes }) }
    },
  )
}

function parseBody(body: unknown): Uint8Array {
  if (body instanceof Uint8Array && body.length > 0) return body
  throw new BadRequestError('expected a body of type application/octet-stream')
}

/** The offset of the first byte. The total was announced by the offer. */
function parseRange(header: string | undefined, length: number): number {
  const [, first, last] = /^bytes (\d+)-(\d+)\/\d+$/.exec(header ?? '') ?? []
  if (Number(last) - Number(first) + 1 === length) return Number(first)
  throw new BadRequestError(
    `expected the header Content-Range: bytes FIRST-LAST/TOTAL for a body of ${length} bytes`,
  )
}
