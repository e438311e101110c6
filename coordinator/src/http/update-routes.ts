/** Upload of updates in parts. They are written as they arrive: a sender is never faster than the disk. */
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { inPieces } from '@consilium/proto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { MAX_CHUNK_BYTES } from '../admission/check-chunks.ts'
import type { Uploads } from '../admission/uploads.ts'
import { BadRequestError } from '../errors.ts'
import type { Sessions } from '../store/sessions.ts'
import { siteOfRequest } from './bearer.ts'
import { exactly } from './exactly.ts'

/** What is hashed and written at a time. */
const PIECE_BYTES = 256 * 1024

export interface UpdateRoutesDeps {
  readonly uploads: Uploads
  readonly sessions: Sessions
}

export function addUpdateRoutes(
  app: FastifyInstance,
  { uploads, sessions }: UpdateRoutesDeps,
): void {
  app.addContentTypeParser('application/octet-stream', (_, body, done) => {
    done(null, body)
  })
  const sites = new WeakMap<FastifyRequest, string>()
  app.put<{ Params: { sha256: string } }>(
    '/v1/updates/:sha256',
    {
      // Before the body is read: a stranger's is not.
      onRequest: async (request) => {
        sites.set(request, await siteOfRequest(request, sessions))
      },
    },
    async (request) => {
      const site = sites.get(request)!
      const body = parseBody(request.body)
      const { offset, length } = parseRange(request.headers)
      const { sha256 } = request.params
      const bytes = exactly(length, inPieces(body, PIECE_BYTES))
      const held = await uploads.write(site, { sha256, offset, length, bytes })
      return { offset: held.offset, missing: held.missing.length }
    },
  )
}

function parseBody(body: unknown): Readable {
  if (body instanceof Readable) return body
  throw new BadRequestError('expected a body of type application/octet-stream')
}

/** The total was announced by the offer. */
function parseRange(headers: IncomingHttpHeaders): { offset: number; length: number } {
  const [, first, last] = /^bytes (\d+)-(\d+)\/\d+$/.exec(headers['content-range'] ?? '') ?? []
  const length = Number(last) - Number(first) + 1
  const fits = length === Number(headers['content-length'] ?? length)
  if (length >= 1 && length <= MAX_CHUNK_BYTES && fits) return { offset: Number(first), length }
  throw new BadRequestError(
    `expected the header Content-Range: bytes FIRST-LAST/TOTAL for a body of 1 to ${MAX_CHUNK_BYTES} bytes, and as many bytes`,
  )
}
