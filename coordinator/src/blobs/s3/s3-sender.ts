/** One signed request to an S3 store and its answer, tried again while the store is away or overloaded. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sha256 } from '@consilium/weights'
import type { S3Address } from './s3-address.ts'
import { S3Error } from './s3-errors.ts'
import { signRequest } from './sign-request.ts'

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Below the prefix; undefined for the bucket itself. */
  readonly key: string | undefined
  /** Percent-encoded. */
  readonly query?: string
  readonly body?: Uint8Array
}

/** Answers with a success or, for one that asks about an object, a 404. Throws BLOBS_FAILED. */
export type S3Sender = (request: S3Request) => Promise<Response>

/** A store that is away for longer ends what asked for it. */
export const S3_PATIENCE_MS = 60_000

/** First and longest wait between two attempts; it doubles. */
const FIRST_WAIT_MS = 100
const LAST_WAIT_MS = 5000

/** An answer that does not begin within this time counts as lost. */
const ANSWER_TIMEOUT_MS = 60_000

const NOTHING = new Uint8Array()

export function createS3Sender({ url, prefix, ...signer }: S3Address): S3Sender {
  const sendOnce = async ({ method, key, query, body }: S3Request): Promise<Response> => {
    const path = key === undefined ? url : `${url}/${prefix}${key}`
    const target = new URL(query === undefined ? path : `${path}?${query}`)
    const bodySha256 = sha256(body ?? NOTHING)
    const headers = signRequest({ method, url: target, bodySha256 }, signer, new Date())
    const lost = new AbortController()
    const timer = setTimeout(() => {
      lost.abort(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`))
    }, ANSWER_TIMEOUT_MS)
    try {
      const content = body === undefined ? {} : { body: Buffer.from(body) }
      return await fetch(target, { method, headers, signal: lost.signal, ...content })
    } finally {
      clearTimeout(timer)
    }
  }

  return async (request) => {
    const what = `${request.method} ${request.key ?? 'list'}`
    const deadline = performance.now() + S3_PATIENCE_MS
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LAST_WAIT_MS)) {
      const outcome = await sendOnce(request).then((answer) => judge(request, answer), lostBy)
      if (outcome instanceof Response) return outcome
      if (!outcome.again || performance.now() + wait > deadline)
        throw new S3Error({ what, ...outcome })
      await sleep(wait)
    }
  }
}

interface Failure {
  readonly problem: string
  readonly cause?: unknown
  /** Whether another attempt may succeed. */
  readonly again: boolean
}

async function judge(request: S3Request, answer: Response): Promise<Response | Failure> {
  if (answer.ok || (answer.status === 404 && asksForObject(request))) return answer
  const problem = `${answer.status} ${codeIn(await answer.text())}`
  return { problem, again: isPassing(answer.status) }
}

/** The code of an error's XML. */
export const codeIn = (xml: string): string =>
  /<Code>([\w.]+)<\/Code>/.exec(xml)?.[1] ?? 'without a code'

/** Of others, 404 says that there is no such bucket or upload. */
const asksForObject = ({ method, key }: S3Request): boolean =>
  key !== undefined && method !== 'PUT' && method !== 'POST'

const isPassing = (status: number): boolean => status >= 500 || status === 429 || status === 408

function lostBy(cause: unknown): Failure {
  const { message, cause: reason } = cause as { message: string; cause?: { message?: string } }
  return { problem: reason?.message ?? message, cause, again: true }
}
