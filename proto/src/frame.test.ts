import fc from 'fast-check'
import { decodeFrame, encodeFrame, MAX_FRAME_BYTES, type Frame, type FrameKind } from './index.ts'

const uint = fc.integer({ min: 0, max: 0xffffffff })
const float = fc.float({ noNaN: true })
const text = fc.string({ unit: 'binary', maxLength: 40 })
const texts = fc.array(text, { maxLength: 4 })

const fields = {
  hello: { protocolMin: uint, protocolMax: uint, agentVersion: text },
  welcome: { protocol: uint, coordinatorVersion: text },
  join: { site: text, joinToken: text, imagesBucket: uint, instance: text },
  joined: { sessionToken: text, study: text, planJson: text, planSha256: text },
  leave: {},
  roundInvitation: {
    study: text,
    round: uint,
    baseSha256: text,
    baseBytes: uint,
    deadlineInMs: uint,
    controlSha256: text,
    controlBytes: uint,
  },
  roundAccepted: { round: uint },
  progress: { round: uint, step: uint, steps: uint, loss: float, imagesPerSecond: float },
  roundFailed: { round: uint, code: text },
  updateOffer: {
    round: uint,
    baseSha256: text,
    updateSha256: text,
    updateBytes: uint,
    samples: uint,
    meanLoss: float,
    steps: uint,
    planSha256: text,
    format: text,
    chunkBytes: uint,
    chunkSha256: fc.array(fc.uint8Array({ maxLength: 32 }), { maxLength: 4 }),
  },
  updateDecision: { offset: uint, missingChunks: fc.array(uint, { maxLength: 4 }) },
  updateCommit: { round: uint, updateSha256: text },
  updateAck: { round: uint, updateSha256: text },
  roundResult: {
    round: uint,
    rounds: uint,
    modelSha256: text,
    contributors: texts,
    missing: texts,
    meanLoss: float,
  },
  release: { study: text, modelSha256: text, modelBytes: uint, manifestJson: text },
  waiting: { reason: text, paused: fc.boolean() },
  error: { code: text, message: text, retryable: fc.boolean() },
  done: {},
} as const satisfies Record<FrameKind, Record<string, fc.Arbitrary<unknown>>>

const frames = fc.oneof(
  ...Object.entries(fields).map(([kind, body]) =>
    fc.record({ kind: fc.constant(kind), ...body }, { noNullPrototype: true }),
  ),
) as fc.Arbitrary<Frame>

const hello: Frame = { kind: 'hello', protocolMin: 1, protocolMax: 1, agentVersion: '0.1.0' }
const helloBytes = '0a0b080110011a05302e312e30'
const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, 'hex')
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error

test('every frame comes back as it was sent', () => {
  fc.assert(
    fc.property(frames, (frame) => {
      expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
    }),
  )
})

test('the numbers on the wire are those of versions 1 and 2', () => {
  expect(Buffer.from(encodeFrame(hello)).toString('hex')).toBe(helloBytes)
  const offer: Frame = {
    kind: 'updateOffer',
    round: 3,
    baseSha256: 'ba',
    updateSha256: 'de',
    updateBytes: 300,
    samples: 7,
    meanLoss: 0.5,
    steps: 9,
    planSha256: 'a',
    format: 'f',
    chunkBytes: 5,
    chunkSha256: [bytesOf('aa')],
  }
  expect(Buffer.from(encodeFrame(offer)).toString('hex')).toBe(
    '7221' +
      '0803' +
      '12026261' +
      '1a026465' +
      '20ac02' +
      '2807' +
      '350000003f' +
      '3809' +
      '420161' +
      '4a0166' +
      '5005' +
      '5a01aa',
  )
  const decision: Frame = { kind: 'updateDecision', offset: 1, missingChunks: [2, 300] }
  expect(Buffer.from(encodeFrame(decision)).toString('hex')).toBe('7a07' + '0801' + '120302ac02')
})

test('what version 2 added is empty in a frame of version 1', () => {
  expect(decodeFrame(bytesOf('7a020801'))).toEqual({
    kind: 'updateDecision',
    offset: 1,
    missingChunks: [],
  })
})

test('fields of a newer agent are ignored, in the envelope and in the body', () => {
  const newer = bytesOf('0a0e080110011a05302e312e30' + '980607' + 'c00c05')
  expect(decodeFrame(newer)).toEqual(hello)
})

test('every truncation of a frame is refused', () => {
  const bytes = bytesOf(helloBytes)
  for (let length = 0; length < bytes.length; length += 1) {
    expect(() => decodeFrame(bytes.subarray(0, length))).toThrow(code('PROTO_MALFORMED'))
  }
})

test('any bytes are decoded or refused, nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        expect(Object.keys(fields)).toContain(decodeFrame(bytes).kind)
      } catch (error) {
        expect(error).toMatchObject({ code: 'PROTO_MALFORMED' })
      }
    }),
  )
})

test.each([
  ['no bytes', ''],
  ['a body this version does not know', 'c20c00'],
  ['text that is not UTF-8', '0a031a01ff'],
  ['unknown groups nested two thousand deep', '8b02'.repeat(2000)],
])('refuses %s', (_, hex) => {
  expect(() => decodeFrame(bytesOf(hex))).toThrow(code('PROTO_MALFORMED'))
})

test('refuses a frame above the limit in both directions', () => {
  const planJson = 'x'.repeat(MAX_FRAME_BYTES)
  const joined: Frame = { kind: 'joined', sessionToken: '', study: '', planJson, planSha256: '' }
  expect(() => encodeFrame(joined)).toThrow(code('PROTO_FRAME_TOO_LARGE'))
  expect(() => decodeFrame(new Uint8Array(MAX_FRAME_BYTES + 1))).toThrow(
    code('PROTO_FRAME_TOO_LARGE'),
  )
})
