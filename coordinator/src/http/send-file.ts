import send, { type SendOptions } from '@fastify/send'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface FileAddress {
  /** Folder on disk; nothing outside it is ever sent. */
  readonly root: string
  /** Below `root`, as in a URL. */
  readonly path: string
}

/** Answers with a file, or with the range of it that the request asks for. */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { root, path }: FileAddress,
): Promise<FastifyReply> {
  const { statusCode, headers, stream } = await send(request.raw, path, { root, ...PLAIN })
  return reply.code(statusCode).headers(headers).send(stream)
}

/** Read at a time: with fewer, reading costs more than sending. */
const READ_BYTES = 256 * 1024

/** No caching: models are fetched once, and the dashboard must be the one of this version. */
const PLAIN: SendOptions = {
  cacheControl: false,
  etag: false,
  lastModified: false,
  highWaterMark: READ_BYTES,
}
