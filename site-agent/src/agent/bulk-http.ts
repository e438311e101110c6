/** Requests to the coordinator over HTTP, with their failures as coded errors. */
import type { ConsiliumError } from '@consilium/errors'
import { z } from 'zod'
import {
  CoordinatorAnswerError,
  CoordinatorOfflineError,
  CoordinatorRefusalError,
} from '../errors.ts'
import type { Pace } from '../pace/pace.ts'
import { parseJson } from '../parse-json.ts'

/** A transfer in which nothing moves for this long is given up; it is resumed by the next attempt. */
export const IDLE_TIMEOUT_MS = 60_000

/** Bytes of a body that are handed to the connection at a time: each is a sign that it moves. */
const PIECE_BYTES = 64 * 1024

/** No answer in JSON is longer. */
const MAX_JSON_BYTES = 64 * 1024 * 1024

const refusalSchema = z.object({ code: z.string(), message: z.string(), retryable: z.boolean() })

export interface HttpRequest {
  readonly url: string
  readonly method?: 'GET' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Asked before every part of the body. */
  readonly pace?: Pick<Pace, 'allow'>
  readonly signal: AbortSignal
}

/**
 * Sends a request and hands a successful response to `read`, which calls `moved` whenever bytes arrive. It is given up when
 * nothing moves in either direction.
 * Throws COORDINATOR_OFFLINE, COORDINATOR_ANSWER, what the coordinator refuses with, and what `read` throws.
 */
export async function request<T>(
  { url, method = 'GET', headers = {}, body, pace, signal }: HttpRequest,
  read: (response: Response, moved: () => void) => Promise<T>,
): Promise<T> {
  const idle = new AbortController()
  const timer = setTimeout(() => {
    idle.abort()
  }, IDLE_TIMEOUT_MS)
  /** Why the body ended early: fetch does not pass it on. */
  let stopped: Error | undefined
  const allow = async (bytes: number): Promise<void> => {
    await pace?.allow(bytes, signal).catch((error: unknown) => {
      if (error instanceof Error) stopped = error
      throw error
    })
    timer.refresh()
  }
  try {
    const response = await fetch(url, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-length': `${body.length}` },
      ...(body === undefined ? {} : { body: inPieces(body, allow), duplex: 'half' }),
      signal: AbortSignal.any([signal, idle.signal]),
    })
    if (!response.ok) throw await refusalOf(url, response)
    return await read(response, () => timer.refresh())
  } catch (error) {
    signal.throwIfAborted()
    if (stopped !== undefined) throw stopped
    throw isNetworkFailure(error)
      ? new CoordinatorOfflineError({ url: new URL(url).origin, cause: error })
      : error
  } finally {
    clearTimeout(timer)
  }
}

/** Asked for the next piece when the connection has room for it. */
function inPieces(body: Uint8Array, allow: (bytes: number) => Promise<void>): ReadableStream {
  let sent = 0
  return new ReadableStream(
    {
      async pull(stream) {
        const piece = body.subarray(sent, (sent += PIECE_BYTES))
        await allow(piece.length)
        if (piece.length > 0) stream.enqueue(piece)
        else stream.close()
      },
    },
    { highWaterMark: 0 },
  )
}

/** fetch says TypeError for a connection that fails or breaks, and AbortError when the idle timer fires. */
const isNetworkFailure = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'name' in error &&
  (error.name === 'TypeError' || error.name === 'AbortError')

async function refusalOf(url: string, response: Response): Promise<ConsiliumError> {
  const refusal = refusalSchema.safeParse(parseJson(await readText(response)))
  if (refusal.success) return new CoordinatorRefusalError(refusal.data)
  const retryable = response.status >= 500 || response.status === 429
  return new CoordinatorAnswerError({ url, got: `HTTP status ${response.status}`, retryable })
}

/** A JSON answer. Throws what `request` throws. */
export async function requestJson(options: HttpRequest): Promise<unknown> {
  const value = parseJson(await request(options, readText))
  if (value === undefined) {
    throw new CoordinatorAnswerError({ url: options.url, got: 'no JSON', retryable: false })
  }
  return value
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of bodyOf(response)) {
    bytes += chunk.length
    if (bytes > MAX_JSON_BYTES) {
      throw new CoordinatorAnswerError({
        url: response.url,
        got: 'an endless text',
        retryable: false,
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The bytes of a response as they arrive. */
export const bodyOf = (response: Response): AsyncIterable<Uint8Array> => response.body ?? empty()

async function* empty(): AsyncGenerator<Uint8Array> {
  // A response without a body.
}
