/**
 * Objects of one bucket over the S3 protocol, as AWS, MinIO, Ceph and others speak it: requests signed with the SHA-256
 * of their body, so that the store refuses what was damaged on the way. What fails for want of the store is tried again.
 */
import type { Objects } from '../objects.ts'
import type { S3Address } from './s3-address.ts'
import { codeIn, createS3Sender } from './s3-sender.ts'
import { percentEncode } from './sign-request.ts'
import { S3Error } from './s3-errors.ts'

/** What `get` yields may break off with BLOBS_FAILED. */
export interface S3Objects extends Objects {
  /** Bytes of the object, undefined if there is none. */
  size(key: string): Promise<number | undefined>
  /** Of at most 10,000 parts, all but the last at least 5 MiB. Nothing is there until the last has arrived. */
  putParts(key: string, parts: AsyncIterable<Uint8Array>): Promise<void>
}

/** Throws BLOBS_FAILED from each of its functions. */
export function createS3Objects(address: S3Address): S3Objects {
  const send = createS3Sender(address)
  const { prefix } = address

  const begin = async (key: string): Promise<string> => {
    const answer = await send({ method: 'POST', key, query: 'uploads=' })
    return elementOf(await answer.text(), 'UploadId')
  }

  const finish = async (key: string, query: string, list: readonly string[]): Promise<void> => {
    const xml = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`
    const answer = await send({ method: 'POST', key, query, body: Buffer.from(xml) })
    const text = await answer.text() // It may say that it failed, with status 200.
    if (text.includes('<Error>')) throw new S3Error({ what: `POST ${key}`, problem: codeIn(text) })
  }

  return {
    async get(key) {
      const answer = await send({ method: 'GET', key })
      if (answer.status === 404) return undefined
      return bodyOf(key, answer)
    },
    async size(key) {
      const answer = await send({ method: 'HEAD', key })
      return answer.status === 404 ? undefined : Number(answer.headers.get('content-length'))
    },
    async put(key, body) {
      await send({ method: 'PUT', key, body })
    },
    async putParts(key, parts) {
      const upload = `uploadId=${percentEncode(await begin(key))}`
      try {
        const list: string[] = []
        for await (const body of parts) {
          const number = list.length + 1
          const query = `partNumber=${number}&${upload}`
          const { headers } = await send({ method: 'PUT', key, query, body })
          list.push(partElement(number, headers.get('etag') ?? ''))
        }
        await finish(key, upload, list)
      } catch (error) {
        await send({ method: 'DELETE', key, query: upload }).catch(() => undefined)
        throw error
      }
    },
    async remove(key) {
      await send({ method: 'DELETE', key })
    },
    async list(from) {
      const keys: string[] = []
      for (let after: string | undefined; ;) {
        const page = after === undefined ? '' : `&start-after=${percentEncode(prefix + after)}`
        const query = `list-type=2&prefix=${percentEncode(prefix + from)}${page}`
        const xml = await (await send({ method: 'GET', key: undefined, query })).text()
        const found = [...xml.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key]) => key!)
        keys.push(...found.map((key) => key.slice(prefix.length)))
        if (!xml.includes('<IsTruncated>true</IsTruncated>')) return keys
        after = keys.at(-1)
      }
    },
  }
}

const partElement = (number: number, etag: string): string =>
  `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`

function elementOf(xml: string, name: string): string {
  const value = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1]
  if (value === undefined) throw new S3Error({ what: 'POST', problem: `the answer has no ${name}` })
  return value
}

async function* bodyOf(key: string, { body }: Response): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body ?? []) yield piece as Uint8Array
  } catch (cause) {
    throw new S3Error({ what: `GET ${key}`, problem: 'the answer broke off', cause })
  }
}
