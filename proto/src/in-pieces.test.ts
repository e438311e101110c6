import { PassThrough, Readable } from 'node:stream'
import fc from 'fast-check'
import { inPieces } from './in-pieces.ts'

test('whatever the chunks, the pieces have one length but the last, and hold the same bytes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc.integer({ min: 1, max: 16 }),
      async (chunks, pieceBytes) => {
        const stream = Readable.from(chunks, { objectMode: false, highWaterMark: 8 })
        const pieces = await copies(inPieces(stream, pieceBytes))
        expect(Buffer.concat(pieces)).toEqual(Buffer.concat(chunks))
        expect(pieces.slice(0, -1).every(({ length }) => length === pieceBytes)).toBe(true)
        expect(pieces.at(-1)?.length ?? 1).toBeGreaterThan(0)
      },
    ),
  )
})

test('bytes that break off are passed on before the failure', async () => {
  const stream = new PassThrough()
  stream.write(Uint8Array.of(1, 2, 3))
  const pieces = inPieces(stream, 2)
  expect(await pieces.next()).toMatchObject({ value: Uint8Array.of(1, 2) })
  stream.destroy(new Error('broken off'))
  expect(await pieces.next()).toMatchObject({ value: Uint8Array.of(3) })
  await expect(pieces.next()).rejects.toThrow('broken off')
})

test('a stream is not read further than the piece that is being used', async () => {
  const stream = new PassThrough({ highWaterMark: 4 })
  const pieces = inPieces(stream, 4)
  stream.write(new Uint8Array(4))
  await pieces.next()
  expect(stream.write(new Uint8Array(64))).toBe(false)
  expect(stream.isPaused()).toBe(true)
  await pieces.return(undefined)
})

test('whoever needs no more ends the stream', async () => {
  const stream = new PassThrough()
  stream.write(new Uint8Array(8))
  for await (const piece of inPieces(stream, 4)) {
    expect(piece).toHaveLength(4)
    break
  }
  expect(stream.destroyed).toBe(true)
})

/** A piece holds until the next one is asked for. */
async function copies(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece.slice())
  return all
}
