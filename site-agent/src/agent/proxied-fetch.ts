/**
 * fetch by way of a proxy, for what this program asks of it: bytes in both directions, an AbortSignal, TypeError for a
 * connection that fails or breaks. Unlike fetch it follows no redirect and unpacks nothing: no coordinator asks for that.
 */
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import { ProxyRefusedError } from '../errors.ts'

export type FetchInit = Parameters<typeof fetch>[1]

/** Throws PROXY_REFUSED too. */
export function proxiedFetch(
  url: string,
  { method = 'GET', headers, body, signal }: NonNullable<FetchInit>,
  agent: http.Agent,
): Promise<Response> {
  const { request } = url.startsWith('https:') ? https : http
  const sent = Object.fromEntries(new Headers(headers))
  const aborted = signal ?? undefined
  return new Promise((resolve, reject) => {
    const options = { agent, method, headers: sent, ...(aborted && { signal: aborted }) }
    const outgoing = request(url, options, (incoming) => {
      resolve(responseFrom(incoming, aborted))
    })
    outgoing.on('error', (cause) => {
      reject(failure(cause, aborted))
    })
    if (body instanceof ReadableStream) Readable.fromWeb(body as never).pipe(outgoing)
    else outgoing.end(body ?? undefined)
  })
}

/** Statuses that come without a body. */
const WITHOUT_BODY = new Set([204, 205, 304])

function responseFrom(incoming: IncomingMessage, signal: AbortSignal | undefined): Response {
  const { statusCode: status = 0 } = incoming
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  )
  if (!WITHOUT_BODY.has(status))
    return new Response(streamOf(incoming, signal), { status, headers })
  incoming.resume()
  return new Response(null, { status, headers })
}

/** Reads on when it is asked for more. */
function streamOf(incoming: IncomingMessage, signal: AbortSignal | undefined): ReadableStream {
  const chunks = incoming[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  return new ReadableStream(
    {
      async pull(stream) {
        try {
          const next = await chunks.next()
          if (next.done === true) stream.close()
          else stream.enqueue(next.value)
        } catch (cause) {
          throw failure(cause, signal)
        }
      },
      cancel() {
        incoming.destroy()
      },
    },
    { highWaterMark: 0 },
  )
}

function failure(cause: unknown, signal: AbortSignal | undefined): Error {
  if (signal?.aborted === true) return new DOMException('The request was given up.', 'AbortError')
  if (cause instanceof ProxyRefusedError) return cause
  return new TypeError('The connection failed.', { cause })
}
