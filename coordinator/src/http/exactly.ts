import { UploadError } from '../errors.ts'

/** The bytes of a body that has to have `length`. Throws UPDATE_BROKE_OFF if fewer came, before one too many is passed on. */
export async function* exactly(
  length: number,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let came = 0
  try {
    for await (const piece of body) {
      came += piece.length
      if (came > length) break
      yield piece
    }
  } catch (cause) {
    // Node's words for a connection that ended within a body.
    if ((cause as NodeJS.ErrnoException).code !== 'ECONNRESET') throw cause
  }
  if (came === length) return
  throw new UploadError({
    code: 'UPDATE_BROKE_OFF',
    message: `A part of ${length} bytes was announced, ${came} came. Send it again.`,
  })
}
