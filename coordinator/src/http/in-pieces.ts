/** The bytes in pieces of `pieceBytes`, the last one what is left. A piece holds until the next one is asked for. */
export async function* inPieces(
  bytes: AsyncIterable<Uint8Array>,
  pieceBytes: number,
): AsyncGenerator<Uint8Array> {
  const room = new Uint8Array(pieceBytes)
  let gathered = 0
  for await (const chunk of bytes) {
    for (let taken = 0; taken < chunk.length;) {
      const part = chunk.subarray(taken, taken + pieceBytes - gathered)
      room.set(part, gathered)
      gathered += part.length
      taken += part.length
      if (gathered < pieceBytes) continue
      yield room
      gathered = 0
    }
  }
  if (gathered > 0) yield room.subarray(0, gathered)
}
