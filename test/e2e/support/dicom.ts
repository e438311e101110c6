/** A film as a modality stores it: DICOM (PS3.10), explicit VR little endian, with everything that names a patient. */
export type DicomText = readonly [tag: number, vr: 'CS' | 'DA' | 'LO' | 'PN' | 'UI', value: string]

/** 16-bit grey pixels, `size` x `size`. Texts are those of groups 0008 to 0020, in the order of their tags. */
export function makeDicom(pixels: Uint16Array, size: number, texts: readonly DicomText[]): Buffer {
  const meta = element(0x00020010, 'UI', '1.2.840.10008.1.2.1')
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x00020000, 'UL', uint32(meta.length)),
    meta,
    ...texts.map(([tag, vr, value]) => element(tag, vr, value)),
    element(0x00280002, 'US', uint16(1)),
    element(0x00280004, 'CS', 'MONOCHROME2'),
    element(0x00280010, 'US', uint16(size)),
    element(0x00280011, 'US', uint16(size)),
    element(0x00280100, 'US', uint16(16)),
    element(0x00280101, 'US', uint16(16)),
    element(0x00280102, 'US', uint16(15)),
    element(0x00280103, 'US', uint16(0)),
    element(0x7fe00010, 'OW', Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength)),
  ])
}

function element(tag: number, vr: string, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value)
  const padding = Buffer.from(vr === 'UI' ? '\0' : ' ').subarray(0, bytes.length % 2)
  const body = Buffer.concat([bytes, padding])
  const length = vr === 'OW' ? [uint16(0), uint32(body.length)] : [uint16(body.length)]
  return Buffer.concat([uint16(tag >>> 16), uint16(tag & 0xffff), Buffer.from(vr), ...length, body])
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
