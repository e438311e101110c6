import { chunkCount, chunkRange, CHUNK_BYTES, MAX_CHUNKS } from './chunks.ts'
import { encodeFrame, MAX_FRAME_BYTES } from './frame.ts'

test('chunks lie one behind the other, and the last one has what is left', () => {
  const cut = { bytes: 10, chunkBytes: 4 }
  const ranges = Array.from({ length: chunkCount(cut) }, (_, i) => chunkRange(cut, i))
  expect(ranges).toEqual([
    { start: 0, end: 4 },
    { start: 4, end: 8 },
    { start: 8, end: 10 },
  ])
})

test('an update of any size the protocol can say is offered in one frame', () => {
  expect(chunkCount({ bytes: 2 ** 32 - 1, chunkBytes: CHUNK_BYTES })).toBe(MAX_CHUNKS)
  const frame = encodeFrame({
    kind: 'updateOffer',
    round: 2 ** 32 - 1,
    baseSha256: 'f'.repeat(64),
    updateSha256: 'f'.repeat(64),
    updateBytes: 2 ** 32 - 1,
    samples: 2 ** 32 - 1,
    meanLoss: 1,
    steps: 2 ** 32 - 1,
    planSha256: 'f'.repeat(64),
    format: 'float32',
    chunkBytes: CHUNK_BYTES,
    chunkSha256: Array.from({ length: MAX_CHUNKS }, () => new Uint8Array(32)),
  })
  expect(frame.length).toBeLessThan(MAX_FRAME_BYTES)
})
