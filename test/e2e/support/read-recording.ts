/**
 * What a site said over one connection: HTTP/1.1 requests (RFC 9112), then, after an upgrade, WebSocket messages
 * (RFC 6455), whose bytes a client masks. Not read: chunked bodies, compression; neither occurs, and a request with one
 * is an error.
 */
export interface Recording {
  /** Request line and headers of every request. */
  readonly heads: readonly string[]
  /** By request line. */
  readonly bodies: readonly { readonly to: string; readonly content: Buffer }[]
  readonly messages: readonly { readonly binary: boolean; readonly content: Buffer }[]
}

export function readRecording(bytes: Buffer): Recording {
  const heads: string[] = []
  const bodies: { to: string; content: Buffer }[] = []
  let at = 0
  while (at < bytes.length) {
    const end = bytes.indexOf('\r\n\r\n', at)
    if (end < 0) throw new Error('the recording ends within a request')
    const head = bytes.toString('latin1', at, end)
    heads.push(head)
    at = end + 4
    if (/^upgrade: websocket$/im.test(head)) {
      return { heads, bodies, messages: readMessages(bytes.subarray(at)) }
    }
    if (/^(transfer|content)-encoding:/im.test(head)) throw new Error(`not readable: ${head}`)
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
    bodies.push({ to: head.split('\r\n')[0]!, content: bytes.subarray(at, at + length) })
    at += length
  }
  return { heads, bodies, messages: [] }
}

const TEXT = 1
const BINARY = 2

/** RFC 6455 section 5.2. Control frames are left out; a message in several frames is an error. */
function readMessages(bytes: Buffer): Recording['messages'] {
  const messages: { binary: boolean; content: Buffer }[] = []
  let at = 0
  while (at < bytes.length) {
    const first = bytes.readUInt8(at)
    const short = bytes.readUInt8(at + 1) & 0x7f
    const extra = short === 127 ? 8 : short === 126 ? 2 : 0
    const length =
      extra === 0 ? short : bytes.readUIntBE(at + 2 + Math.max(0, extra - 6), Math.min(extra, 6))
    const maskAt = at + 2 + extra
    const mask = bytes.subarray(maskAt, maskAt + 4)
    const content = Buffer.from(
      bytes.subarray(maskAt + 4, maskAt + 4 + length).map((byte, i) => byte ^ mask[i % 4]!),
    )
    at = maskAt + 4 + length
    const opcode = first & 0x0f
    if (first < 0x80 || (first & 0x70) !== 0 || opcode === 0) {
      throw new Error('a fragmented or compressed message is not readable')
    }
    if (opcode === TEXT || opcode === BINARY) messages.push({ binary: opcode === BINARY, content })
  }
  return messages
}

/** Binary messages of socket.io: as they are over WebSocket, `b` and base64 in a body of long polling. */
export function attachmentsOf({ bodies, messages }: Recording): readonly Buffer[] {
  const polled = bodies
    .filter(({ to }) => to.startsWith('POST /socket.io/'))
    .flatMap(({ content }) => content.toString('latin1').split('\x1e'))
    .filter((packet) => packet.startsWith('b'))
    .map((packet) => Buffer.from(packet.slice(1), 'base64'))
  return [...polled, ...messages.filter(({ binary }) => binary).map(({ content }) => content)]
}
