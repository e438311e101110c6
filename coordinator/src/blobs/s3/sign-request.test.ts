import { sha256 } from '@consilium/weights'
import { signatureOf } from '../../testing/s3-server.ts'
import { percentEncode, signRequest, type Signer } from './sign-request.ts'

// Examples of sig-v4-header-based-auth.html in the API reference of Amazon S3, with its published keys.
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const signer: Signer = {
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: SECRET },
  region: 'us-east-1',
}
const AT = new Date('2013-05-24T00:00:00.000Z')
const BUCKET = 'https://examplebucket.s3.amazonaws.com/'

test.each([
  [
    'GET Bucket Lifecycle',
    '?lifecycle',
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ],
  [
    'Get Bucket (List Objects)',
    '?max-keys=2&prefix=J',
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
])('signs "%s" as AWS documents it', (_, query, signature) => {
  const request = { method: 'GET', url: new URL(query, BUCKET), bodySha256: sha256('') }
  expect(signRequest(request, signer, AT)['authorization']).toBe(
    `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=${signature}`,
  )
})

test('a temporary key sends its token, signed', () => {
  const credentials = { ...signer.credentials, sessionToken: 'session/token==' }
  const url = new URL('sha256/a%2Bb?uploadId=x%2Fy%3D', BUCKET)
  const request = { method: 'PUT', url, bodySha256: sha256('body') }
  const headers = signRequest(request, { ...signer, credentials }, AT)
  expect(headers['x-amz-security-token']).toBe('session/token==')
  expect(headers['authorization']).toContain(';x-amz-date;x-amz-security-token,')
  const sent = { method: 'PUT', url: url.pathname + url.search }
  const signature = signatureOf({ ...sent, headers: { ...headers, host: url.host } }, SECRET)
  expect(headers['authorization']).toContain(`Signature=${signature}`)
})

test('what encodeURIComponent leaves alone is encoded too', () => {
  expect(percentEncode("a b!*'()/~")).toBe('a%20b%21%2A%27%28%29%2F~')
})
