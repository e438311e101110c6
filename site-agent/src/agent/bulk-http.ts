/**
 * Requests to the coordinator over HTTP, with their failures as coded errors. By node:http: its bodies are Node streams,
 * which cost a third of what those of fetch do (docs/federation-benchmark.md), and it knows of the site's proxy.
 */
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { ConsiliumError } from '@consilium/errors'
import { inPieces } from '@consilium/proto'
import { z } from 'zod'
import {
  CoordinatorAnswerError,
  CoordinatorOfflineError,
  CoordinatorRefusalError,
  ProxyRefusedError,
} from '../errors.ts'
import type { Pace } from '../pace/pace.ts'
import { parseJson } from '../parse-json.ts'
import { proxyAgent } from './use-proxy.ts'

/** A transfer in which nothing moves for this long is given up; it is resumed by the next attempt. */
export const IDLE_TIMEOUT_MS = 60_000

/** Bytes of a body that are handed to the connection, or taken from it, at a time. */
const PIECE_BYTES = 256 * 1024

/** The answer to a chunk of an update is shorter. */
const TEXT_PIECE_BYTES = 4096

/** No answer in JSON is longer. */
const MAX_JSON_BYTES = 64 * 1024 * 1024

const refusalSchema = z.object({ code: z.string(), message: z.string(), retryable: z.boolean() })

export interface HttpRequest {
  readonly url: string
  readonly method?: 'GET' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  /** Is not read any more once the request has ended well. */
  readonly body?: Uint8Array
  /** Asked before every part of the body. */
  readonly pace?: Pick<Pace, 'allow'>
  /** For how many milliseconds nothing may move; IDLE_TIMEOUT_MS if absent. */
  readonly idleTimeoutMs?: number
  readonly signal: AbortSignal
}

/** The connection could not be made, or broke. */
class ConnectionLost extends Error {}

/**
 * Sends a request and hands a successful response to `read`. It is given up when nothing moves in either direction. Redirects are not followed: no coordinator sends any.
 * Throws COORDINATOR_OFFLINE, COORDINATOR_ANSWER, PROXY_REFUSED, what the coordinator refuses with, and what `read` throws.
 */
export async function request<T>(
  options: HttpRequest,
  read: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  const { url, signal } = options
  try {
    return await exchange(options, async (response) => {
      const { statusCode: status = 0 } = response
      if (status < 200 || status > 299) throw await refusalOf(url, response)
      return read(response)
    })
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ConnectionLost)) throw error
    if (error.cause instanceof ProxyRefusedError) throw error.cause
    throw new CoordinatorOfflineError({ url: new URL(url).origin, cause: error.cause })
  }
}

/** Throws ConnectionLost, and what `read` throws. */
async function exchange<T>(
  options: HttpRequest,
  read: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  const { url, method = 'GET', headers = {}, body, signal } = options
  const { idleTimeoutMs: timeout = IDLE_TIMEOUT_MS } = options
  const { request: open } = url.startsWith('https:') ? https : http
  const length = body === undefined ? {} : { 'content-length': body.length }
  const outgoing = open(url, {
    ...{ agent: proxyAgent(url), method, signal, timeout },
    headers: { ...headers, ...length },
  })
  outgoing.on('timeout', () => outgoing.destroy(new Error('nothing moved')))
  let response: IncomingMessage | undefined
  try {
    const answered = responseTo(outgoing)
    // The answer may come before the body has left: then nobody waits for the rest of it.
    response = await Promise.race([answered, sendBody(outgoing, options).then(() => answered)])
    return await read(response)
  } finally {
    // A connection on which something is still under way cannot be used again.
    if (!outgoing.writableFinished || response?.complete !== true) outgoing.destroy()
  }
}

const NOTHING = new Uint8Array()

function responseTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on('response', resolve)
    outgoing.on('error', (cause) => {
      reject(new ConnectionLost('', { cause }))
    })
    // An answer of 101 is neither a response nor an error to Node.
    outgoing.on('close', () => {
      reject(new ConnectionLost())
    })
  })
}

/** Goes on with the next piece when the connection has taken the last. What is wrong with the connection is an event of its own. */
async function sendBody(
  outgoing: ClientRequest,
  { body = NOTHING, pace, signal }: HttpRequest,
): Promise<void> {
  for (let sent = 0; sent < body.length; sent += PIECE_BYTES) {
    const piece = body.subarray(sent, sent + PIECE_BYTES)
    await pace?.allow(piece.length, signal)
    if (outgoing.destroyed) return
    await new Promise((resolve) => outgoing.write(piece, resolve))
  }
  outgoing.end()
}

async function refusalOf(url: string, response: IncomingMessage): Promise<ConsiliumError> {
  const refusal = refusalSchema.safeParse(parseJson(await readText(url, response)))
  if (refusal.success) return new CoordinatorRefusalError(refusal.data)
  const { statusCode: status = 0 } = response
  const retryable = status >= 500 || status === 429
  return new CoordinatorAnswerError({ url, got: `HTTP status ${status}`, retryable })
}

/** A JSON answer. Throws what `request` throws. */
export async function requestJson(options: HttpRequest): Promise<unknown> {
  const { url } = options
  const value = parseJson(await request(options, (response) => readText(url, response)))
  if (value === undefined)
    throw new CoordinatorAnswerError({ url, got: 'no JSON', retryable: false })
  return value
}

async function readText(url: string, response: IncomingMessage): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of bodyOf(response, TEXT_PIECE_BYTES)) {
    bytes += piece.length
    if (bytes > MAX_JSON_BYTES) {
      throw new CoordinatorAnswerError({ url, got: 'an endless text', retryable: false })
    }
    pieces.push(piece.slice())
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** The bytes of a response. A piece holds until the next one is asked for. */
export async function* bodyOf(
  response: IncomingMessage,
  pieceBytes = PIECE_BYTES,
): AsyncGenerator<Uint8Array> {
  try {
    yield* inPieces(response, pieceBytes)
  } catch (cause) {
    throw new ConnectionLost('', { cause })
  }
}
