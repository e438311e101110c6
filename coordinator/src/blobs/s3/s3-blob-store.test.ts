import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '@consilium/weights'
import { signatureOf, startS3Server, type S3Server } from '../../testing/s3-server.ts'
import { useStateFolder } from '../../testing/state-folder.ts'
import { runBlobStoreTests, type OpenedBlobStore } from '../blob-store-contract.ts'
import type { BlobStore } from '../blob-store.ts'
import { parseS3Address } from './s3-address.ts'
import { keyOf, openS3BlobStore, PART_BYTES } from './s3-blob-store.ts'
import { createS3Objects, type S3Objects } from './s3-objects.ts'

const folder = useStateFolder()
let server: S3Server

beforeAll(async () => {
  server = await startS3Server()
})
afterAll(() => server.close())
beforeEach(() => {
  server.objects.clear()
})

const open = (copies = 'copies', env = server.env): Promise<BlobStore> =>
  openS3BlobStore(createS3Objects(parseS3Address('s3://studies/one', env)), join(folder(), copies))

const objectsOf = (): S3Objects => createS3Objects(parseS3Address('s3://studies/one', server.env))

const objectOf = (digest: string): string => `studies/one/${keyOf(digest)}`

const opened = async (address: string, env: NodeJS.ProcessEnv): Promise<OpenedBlobStore> => {
  const objects = createS3Objects(parseS3Address(address, env))
  return {
    store: await openS3BlobStore(objects, join(folder(), 'copies')),
    async damage(digest, bytes) {
      await objects.put(keyOf(digest), bytes)
      rmSync(join(folder(), 'copies', digest))
    },
  }
}

describe('the blob store in S3', () => {
  runBlobStoreTests(() => opened('s3://studies/one', server.env))
})

const own = process.env['CONSILIUM_TEST_BLOBS']
if (own === undefined) {
  test.skip('the blob store in an S3 store of yours: skipped, CONSILIUM_TEST_BLOBS=s3://… is not set', () =>
    undefined)
} else {
  describe(`the blob store in ${own}`, () => {
    runBlobStoreTests(async () => {
      const fresh = await opened(own, process.env)
      for (const text of ['some weights', '']) await fresh.store.remove(sha256(text))
      return fresh
    })
  })
}

test('what one coordinator writes another one reads', async () => {
  const { sha256: digest } = await (await open()).write([Buffer.from('weights')])
  expect([...server.objects.keys()]).toEqual([objectOf(digest)])
  expect(Buffer.from(await (await open('elsewhere')).read(digest)).toString()).toBe('weights')
})

test('a large blob travels in parts and arrives whole', async () => {
  const bytes = randomBytes(2 * PART_BYTES + 12_345)
  const { sha256: digest } = await (await open()).write([bytes])
  expect(sha256(server.objects.get(objectOf(digest))!)).toBe(sha256(bytes))
  expect(sha256(await (await open('elsewhere')).read(digest))).toBe(sha256(bytes))
})

test('a copy that is damaged on the way is not kept', async () => {
  const { sha256: digest } = await (await open()).write([Buffer.from('weights')])
  server.objects.set(objectOf(digest), Buffer.from('other'))
  await expect((await open('elsewhere')).file(digest)).rejects.toMatchObject({
    code: 'BLOB_CORRUPT',
  })
  expect(readdirSync(join(folder(), 'elsewhere'))).toEqual([])
})

test('many that ask for a blob at once fetch it once', async () => {
  const { sha256: digest } = await (await open()).write([Buffer.from('weights')])
  const store = await open('elsewhere')
  const paths = await Promise.all([store.file(digest), store.file(digest), store.file(digest)])
  expect(new Set(paths).size).toBe(1)
})

test('a download that breaks off is begun again', async () => {
  const { sha256: digest } = await (await open()).write([randomBytes(300_000)])
  server.cutNext(2)
  expect(sha256(await (await open('elsewhere')).read(digest))).toBe(digest)
})

test('objects are listed by prefix, over as many pages as it takes', async () => {
  const objects = objectsOf()
  const keys = ['in/a-1', 'in/a-2', 'in/a-3', 'in/a-4', 'in/b-1']
  for (const key of [...keys].reverse()) await objects.put(key, Buffer.from(key))
  expect(await objects.list('in/a-')).toEqual(keys.slice(0, 4))
  expect(await objects.list('in/')).toEqual(keys)
  expect(await objects.list('none')).toEqual([])
})

test('a store that is overloaded for a while delays, it does not fail', async () => {
  const store = await open()
  server.failNext(2)
  await store.write([Buffer.from('weights')])
  expect(server.objects.size).toBe(1)
})

test('BLOBS_FAILED: a bucket that does not exist takes nothing', async () => {
  const objects = createS3Objects(parseS3Address('s3://other', server.env))
  await expect(objects.put('key', Buffer.from('weights'))).rejects.toMatchObject({
    code: 'BLOBS_FAILED',
    message: expect.stringContaining('404 NoSuchBucket') as unknown,
  })
})

test('BLOBS_FAILED: wrong keys are told as the store tells them, without the keys', async () => {
  const store = await open('copies', { ...server.env, AWS_SECRET_ACCESS_KEY: 'not-the-secret' })
  await expect(store.write([Buffer.from('weights')])).rejects.toMatchObject({
    code: 'BLOBS_FAILED',
    message: expect.stringMatching(/^(?!.*not-the-secret).*403/) as unknown,
  })
})

const KEYS = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }

test.each([
  ['studies/one', KEYS],
  ['s3://Studies', KEYS],
  ['s3://studies/../other', KEYS],
  ['s3://studies//two', KEYS],
  ['s3://studies', { AWS_ACCESS_KEY_ID: 'a' }],
  ['s3://studies', { ...KEYS, AWS_ENDPOINT_URL_S3: 'ftp://store' }],
])('BLOBS_ADDRESS: %s with the variables %o', (text, env) => {
  expect(() => parseS3Address(text, env)).toThrow(
    expect.objectContaining({ code: 'BLOBS_ADDRESS' }),
  )
})

test.each([
  ['s3://studies', {}, 'https://s3.us-east-1.amazonaws.com/studies', ''],
  [
    's3://studies/one',
    { AWS_REGION: 'eu-west-3' },
    'https://s3.eu-west-3.amazonaws.com/studies',
    'one/',
  ],
  [
    's3://studies/a/b/',
    { AWS_ENDPOINT_URL_S3: 'http://minio:9000/' },
    'http://minio:9000/studies',
    'a/b/',
  ],
])('%s with the variables %o is below %s', (text, env, url, prefix) => {
  expect(parseS3Address(text, { ...KEYS, ...env })).toMatchObject({ url, prefix })
})

// The example "GET Object" of sig-v4-header-based-auth.html in the API reference of Amazon S3.
test('the server of these tests checks signatures as AWS documents them', () => {
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'
  const headers = {
    authorization,
    host: 'examplebucket.s3.amazonaws.com',
    range: 'bytes=0-9',
    'x-amz-content-sha256': sha256(''),
    'x-amz-date': '20130524T000000Z',
  }
  const request = { method: 'GET', url: '/test.txt', headers }
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
  expect(authorization).toContain(`Signature=${signatureOf(request, secret)}`)
})
