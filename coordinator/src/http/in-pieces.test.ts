import fc from 'fast-check'
import { inPieces } from './in-pieces.ts'

test('whatever the chunks, the pieces have one length but the last, and hold the same bytes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc.integer({ min: 1, max: 16 }),
      async (chunks, pieceBytes) => {
        const pieces = await copies(inPieces(from(chunks), pieceBytes))
        expect(Buffer.concat(pieces)).toEqual(Buffer.concat(chunks))
        expect(pieces.slice(0, -1).every(({ length }) => length === pieceBytes)).toBe(true)
        expect(pieces.at(-1)?.length ?? 1).toBeGreaterThan(0)
      },
    ),
  )
})

test('bytes that break off do so', async () => {
  const broken = async function* () {
    yield* from([Uint8Array.of(1)])
    throw new Error('broken off')
  }
  await expect(copies(inPieces(broken(), 8))).rejects.toThrow('broken off')
})

async function* from(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk)
}

/** A piece holds until the next one is asked for. */
async function copies(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece.slice())
  return all
}
