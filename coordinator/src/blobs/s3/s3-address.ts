/** The text after --blobs, and where the store answers. */
import { S3AddressError } from './s3-errors.ts'
import type { S3Credentials, Signer } from './sign-request.ts'

export interface S3Address extends Signer {
  /** Of the bucket, without a slash at the end. */
  readonly url: string
  /** Of every key; empty, or ends with a slash. */
  readonly prefix: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * `s3://BUCKET/PREFIX`; region, keys and endpoint from the variables every S3 client knows. The bucket is the first part
 * of the path (path style), which every store understands. Throws BLOBS_ADDRESS.
 */
export function parseS3Address(text: string, env: Environment): S3Address {
  const [, bucket, path = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w-][\w.-]*(?:\/[\w-][\w.-]*)*\/?|))?$/.exec(
      text,
    ) ?? []
  if (bucket === undefined) throw new S3AddressError(`'${text}' is not s3://BUCKET/PREFIX`)
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1'
  return {
    url: `${endpointFrom(env, region)}/${bucket}`,
    prefix: path === '' || path.endsWith('/') ? path : `${path}/`,
    region,
    credentials: credentialsFrom(env),
  }
}

function endpointFrom(env: Environment, region: string): string {
  const endpoint =
    env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'] ?? `https://s3.${region}.amazonaws.com`
  if (!/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : ''))
    throw new S3AddressError(`the endpoint '${endpoint}' is no http:// or https:// URL`)
  return endpoint.replace(/\/+$/, '')
}

function credentialsFrom(env: Environment): S3Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  if (!accessKeyId || !secretAccessKey)
    throw new S3AddressError('AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set')
  return { accessKeyId, secretAccessKey, sessionToken: env['AWS_SESSION_TOKEN'] }
}
