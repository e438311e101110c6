/**
 * A DICOM file (PS3.10) with a data set in explicit VR little endian (PS3.5 section 7.1.2): just enough to write films
 * with. Left out: sequences, other syntaxes, private tags.
 */

/** `[tag, VR, value]`, in the order of the tags. Text may hold ASCII and Latin-1; an array is text with several values. */
export type DicomElement = readonly [tag: number, vr: Vr, value: string | number | Uint8Array]

type Vr = 'UI' | 'CS' | 'DA' | 'LO' | 'PN' | 'SH' | 'DS' | 'IS' | 'US' | 'UL' | 'OB' | 'OW'

const EXPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2.1'
/** VRs whose length field has four bytes. */
const LONG: ReadonlySet<Vr> = new Set(['OB', 'OW'])

export function encodeDicomFile(elements: readonly DicomElement[]): Buffer {
  const valueOf = (tag: number): string => String(elements.find(([t]) => t === tag)?.[2] ?? '')
  const meta = encodeElements([
    [0x00020001, 'OB', Uint8Array.of(0, 1)],
    [0x00020002, 'UI', valueOf(0x00080016)],
    [0x00020003, 'UI', valueOf(0x00080018)],
    [0x00020010, 'UI', EXPLICIT_VR_LITTLE_ENDIAN],
    [0x00020012, 'UI', '2.25.316849102463218790413'],
  ])
  const metaLength = encodeElements([[0x00020000, 'UL', meta.length]])
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    metaLength,
    meta,
    encodeElements(elements),
  ])
}

const encodeElements = (elements: readonly DicomElement[]): Buffer =>
  Buffer.concat(elements.map(encodeElement))

function encodeElement([tag, vr, value]: DicomElement): Buffer {
  const body = encodeValue(vr, value)
  const header = Buffer.alloc(LONG.has(vr) ? 12 : 8)
  header.writeUInt16LE(tag >>> 16, 0)
  header.writeUInt16LE(tag & 0xffff, 2)
  header.write(vr, 4, 'latin1')
  if (LONG.has(vr)) header.writeUInt32LE(body.length, 8)
  else header.writeUInt16LE(body.length, 6)
  return Buffer.concat([header, body])
}

/** Values have an even length: text is padded with a space, UIDs with a zero byte. */
function encodeValue(vr: Vr, value: DicomElement[2]): Buffer {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(vr === 'UL' ? 4 : 2)
    if (vr === 'UL') bytes.writeUInt32LE(value)
    else bytes.writeUInt16LE(value)
    return bytes
  }
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.from(value)
  const padding = typeof value === 'string' && vr !== 'UI' ? ' ' : '\0'
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(padding)])
}
