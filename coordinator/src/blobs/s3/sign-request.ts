/**
 * Signature Version 4 of AWS, in headers, of a request whose body is known as a whole.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHmac } from 'node:crypto'
import { sha256 } from '@consilium/weights'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export interface RequestToSign {
  readonly method: string
  /** Its path and query are percent-encoded already, as they will be sent. */
  readonly url: URL
  readonly bodySha256: string
}

export interface Signer {
  readonly credentials: S3Credentials
  readonly region: string
}

/** The headers to send besides `host`. */
export function signRequest(
  { method, url, bodySha256 }: RequestToSign,
  { credentials, region }: Signer,
  at: Date,
): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const time = at.toISOString().replace(/[-:]|\.\d+/g, '') // 20130524T000000Z
  const scope = [time.slice(0, 8), region, 's3', 'aws4_request']
  const headers = {
    'x-amz-content-sha256': bodySha256,
    'x-amz-date': time,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  }
  const signed = Object.entries({ host: url.host, ...headers }) // In the order of their names.
  const names = signed.map(([name]) => name).join(';')
  const canonical = [
    ...[method, url.pathname, canonicalQuery(url)],
    ...signed.map(([name, value]) => `${name}:${value}`),
    ...['', names, bodySha256],
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n')
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  const signature = hmac(key, toSign).toString('hex')
  const credential = `${accessKeyId}/${scope.join('/')}`
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names},Signature=${signature}`,
  }
}

/** Sorted by name; a name without a value has an empty one. */
const canonicalQuery = (url: URL): string =>
  [...url.searchParams]
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&')

/** All but letters, digits, `-`, `.`, `_` and `~`. */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )

const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest()
