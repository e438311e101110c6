import { finished, type Readable } from 'node:stream'

/**
 * The bytes of a body in pieces of `pieceBytes`, the last one what is left. Bodies arrive in 64 KiB at most: to iterate over
 * those costs more than their digest does. A piece holds until the next one is asked for. Throws what the stream fails with,
 * after what came before.
 */
export async function* inPieces(stream: Readable, pieceBytes: number): AsyncGenerator<Uint8Array> {
  const room = new Uint8Array(pieceBytes)
  let gathered = 0
  let rest: Uint8Array = room.subarray(0, 0)
  let end: { readonly error?: Error | null | undefined } | undefined
  let wake = (): void => undefined

  const gather = (chunk: Uint8Array): void => {
    const part = chunk.subarray(0, pieceBytes - gathered)
    room.set(part, gathered)
    gathered += part.length
    rest = chunk.subarray(part.length)
    if (gathered < pieceBytes) return
    stream.pause()
    wake()
  }
  finished(stream, { writable: false }, (error) => {
    end = { error }
    wake()
  })
  stream.on('data', gather)
  try {
    for (;;) {
      while (gathered < pieceBytes && end === undefined)
        await new Promise<void>((resolve) => (wake = resolve))
      if (gathered === 0) break
      yield room.subarray(0, gathered)
      gathered = 0
      gather(rest)
      if (gathered < pieceBytes) stream.resume()
    }
  } finally {
    stream.off('data', gather)
    if (end === undefined) stream.destroy()
  }
  if (end?.error) throw end.error
}
