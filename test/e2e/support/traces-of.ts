/** The ways a text can lie in bytes: UTF-8, UTF-16 in both orders, hexadecimal, and base64 at its three offsets. */
export function tracesOf(text: string): readonly Buffer[] {
  const utf8 = Buffer.from(text)
  const utf16 = Buffer.from(text, 'utf16le')
  const plain = [utf8, utf16, Buffer.from(utf16).swap16()]
  const encoded = plain.flatMap((bytes) => [bytes.toString('hex'), ...base64Of(bytes)])
  return [...plain, ...encoded.map((characters) => Buffer.from(characters))]
}

/** Base64 without the characters that depend on the bytes before and after. */
const base64Of = (bytes: Buffer): readonly string[] =>
  [0, 1, 2].map((offset) => {
    const whole = Math.floor((offset + bytes.length) / 3) * 4
    const from = offset === 0 ? 0 : 4
    return Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(from, whole)
  })

/** Case does not matter: names are often written in capitals. */
export function holds(bytes: Buffer, text: string): boolean {
  return [text, text.toLowerCase(), text.toUpperCase()]
    .flatMap(tracesOf)
    .some((trace) => bytes.includes(trace))
}
