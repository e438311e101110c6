/**
 * The part of the S3 protocol that a blob store needs, in memory. Signatures are checked as AWS documents Signature
 * Version 4, written apart from the client's: wrong keys, altered headers and bodies are refused. Tests only.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface S3Server {
  readonly endpoint: string
  /** Path-style: bucket and key. */
  readonly objects: Map<string, Uint8Array>
  /** Variables that a client of this server needs. */
  readonly env: Readonly<Record<string, string>>
  /** Answers the next requests with errors of the server. */
  failNext(requests: number): void
  /** Breaks the next answers with a body off in the middle. */
  cutNext(answers: number): void
  close(): Promise<void>
}

export interface SignedRequest {
  readonly method: string
  /** As it arrived: path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

const KEY = 'test-key'
/** The only one. */
const BUCKET = 'studies'

const SECRET = 'test/secret+of=the-tests'

/** All parts but the last have at least this many bytes, as at AWS. */
const SMALLEST_PART = 5 * 1024 * 1024

export async function startS3Server(): Promise<S3Server> {
  const objects = new Map<string, Uint8Array>()
  const uploads = new Map<string, Map<number, Uint8Array>>()
  let failures = 0
  let cuts = 0
  const server = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request)
      const answer =
        failures > 0
          ? (failures--, refuse(503, 'SlowDown'))
          : respond({ objects, uploads }, request, body)
      response.writeHead(answer.status, answer.headers)
      if (cuts === 0 || request.method !== 'GET' || answer.body === undefined)
        response.end(answer.body)
      else {
        cuts -= 1
        response.write(answer.body.slice(0, answer.body.length / 2), () => response.destroy())
      }
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    endpoint,
    objects,
    env: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: KEY,
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_REGION: 'eu-central-1',
    },
    failNext(requests) {
      failures = requests
    },
    cutNext(answers) {
      cuts = answers
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Answer {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: Uint8Array | string
}

interface Held {
  readonly objects: Map<string, Uint8Array>
  readonly uploads: Map<string, Map<number, Uint8Array>>
}

function respond(held: Held, request: IncomingMessage, body: Buffer): Answer {
  const signed = {
    method: request.method!,
    url: request.url!,
    headers: request.headers as Record<string, string>,
  }
  if (signed.headers['authorization'] === undefined) return refuse(403, 'AccessDenied')
  if (
    signatureOf(signed, SECRET) !== /Signature=(\w+)/.exec(signed.headers['authorization'])?.[1]
  ) {
    return refuse(403, 'SignatureDoesNotMatch')
  }
  if (sha(body) !== signed.headers['x-amz-content-sha256']) {
    return refuse(400, 'XAmzContentSHA256Mismatch')
  }
  const { pathname, searchParams } = new URL(signed.url, 'http://s3')
  const path = decodeURIComponent(pathname.slice(1))
  if (!path.startsWith(BUCKET)) return refuse(404, 'NoSuchBucket')
  if (searchParams.has('list-type')) return list(held, path, searchParams)
  return searchParams.size > 0
    ? respondToParts(held, { method: signed.method, path, searchParams, body })
    : respondToObject(held, { method: signed.method, path, body })
}

/** Answers at most this many keys a page; S3 has 1000. */
const PAGE = 3

function list({ objects }: Held, bucket: string, query: URLSearchParams): Answer {
  const after = query.get('start-after') ?? ''
  const found = [...objects.keys()]
    .filter((path) => path.startsWith(`${bucket}/`))
    .map((path) => path.slice(bucket.length + 1))
    .filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after)
    .sort()
  const keys = found.slice(0, PAGE).map((key) => `<Contents><Key>${key}</Key></Contents>`)
  const truncated = `<IsTruncated>${found.length > PAGE}</IsTruncated>`
  return { status: 200, body: `<ListBucketResult>${truncated}${keys.join('')}</ListBucketResult>` }
}

function respondToObject(
  { objects }: Held,
  { method, path, body }: { method: string; path: string; body: Buffer },
): Answer {
  const object = objects.get(path)
  switch (method) {
    case 'PUT':
      objects.set(path, body)
      return { status: 200, headers: { etag: '"whole"' } }
    case 'DELETE':
      objects.delete(path)
      return { status: 204 }
    case 'GET':
    case 'HEAD':
      if (object === undefined) return refuse(404, 'NoSuchKey')
      return { status: 200, headers: { 'content-length': String(object.length) }, body: object }
    default:
      return refuse(405, 'MethodNotAllowed')
  }
}

function respondToParts(
  { objects, uploads }: Held,
  request: { method: string; path: string; searchParams: URLSearchParams; body: Buffer },
): Answer {
  const { method, path, searchParams, body } = request
  if (method === 'POST' && searchParams.has('uploads')) {
    const id = randomUUID()
    uploads.set(id, new Map())
    return { status: 200, body: `<R><UploadId>${id}</UploadId></R>` }
  }
  const id = searchParams.get('uploadId') ?? ''
  const parts = uploads.get(id)
  if (parts === undefined) return refuse(404, 'NoSuchUpload')
  if (method === 'PUT') {
    parts.set(Number(searchParams.get('partNumber')), body)
    return { status: 200, headers: { etag: `"${sha(body)}"` } }
  }
  uploads.delete(id)
  if (method === 'DELETE') return { status: 204 }
  const listed = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>"(\w+)"/g)]
  const bodies = listed.map(([, number]) => parts.get(Number(number))!)
  if (listed.some(([, , etag], i) => etag !== sha(bodies[i]!))) return refuse(400, 'InvalidPart')
  if (bodies.slice(0, -1).some((part) => part.length < SMALLEST_PART))
    return refuse(400, 'EntityTooSmall')
  objects.set(path, Buffer.concat(bodies))
  return { status: 200, body: '<R><ETag>"parts"</ETag></R>' }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
export function signatureOf({ method, url, headers }: SignedRequest, secret: string): string {
  const authorization = headers['authorization']!
  const [, scope] = /Credential=[^/]+\/([^,]+)/.exec(authorization)!
  const signedHeaders = /SignedHeaders=([^,]+)/.exec(authorization)![1]!
  const { pathname, searchParams } = new URL(url, 'http://s3')
  const query = [...searchParams]
    .map((pair) => pair.map(strictlyEncoded).join('='))
    .sort()
    .join('&')
  const canonical = [
    ...[method, pathname, query],
    ...signedHeaders.split(';').map((name) => `${name}:${headers[name]!.trim()}`),
    ...['', signedHeaders, headers['x-amz-content-sha256']],
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha(canonical)].join('\n')
  const key = scope!.split('/').reduce<Buffer | string>(hmac, `AWS4${secret}`)
  return hmac(key, toSign).toString('hex')
}

const strictlyEncoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) =>
    `%${c.charCodeAt(0).toString(16)}`.toUpperCase(),
  )

const hmac = (key: Buffer | string, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest()

const sha = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex')

const refuse = (status: number, code: string): Answer => ({
  status,
  body: `<Error><Code>${code}</Code></Error>`,
})
