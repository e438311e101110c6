import sharp from 'sharp'
import { decodeFile } from './decode-file.ts'
import type { RawImage } from './raw-image.ts'

async function decode(bytes: Uint8Array): Promise<{ format: string; image: RawImage }> {
  const decoded = await decodeFile(bytes, '')
  if (decoded.kind === 'skipped') throw new Error(decoded.reason)
  return { format: decoded.format, image: [...decoded.images][0]! }
}

const greyRamp16 = Uint16Array.of(0, 1000, 30000, 65535)
const sharp16 = () =>
  sharp(greyRamp16, { raw: { width: 2, height: 2, channels: 1 } }).toColourspace('grey16')
const sharpGrey = () =>
  sharp(Uint8Array.of(0, 50, 100, 255), {
    raw: { width: 2, height: 2, channels: 1 },
  }).toColourspace('b-w')

test('16-bit PNG and TIFF keep their depth', async () => {
  const png = await decode(await sharp16().png().toBuffer())
  expect(png.format).toBe('PNG, grey, 16-bit')
  expect(png.image).toEqual({
    width: 2,
    height: 2,
    channels: 1,
    samples: greyRamp16,
    scale: 'values',
  })
  const tiff = await decode(await sharp16().tiff({ compression: 'deflate' }).toBuffer())
  expect(tiff.format).toBe('TIFF, grey, 16-bit')
  expect(tiff.image.samples).toEqual(greyRamp16)
})

test('8-bit grey stays grey', async () => {
  const { format, image } = await decode(await sharpGrey().png().toBuffer())
  expect(format).toBe('PNG, grey, 8-bit')
  expect([...image.samples]).toEqual([0, 50, 100, 255])
})

test('a palette becomes RGB and alpha is composited on black', async () => {
  const colours = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9)
  const palette = sharp(colours, { raw: { width: 2, height: 2, channels: 3 } }).png({
    palette: true,
  })
  expect([...(await decode(await palette.toBuffer())).image.samples]).toEqual([...colours])
  const half = sharp(Uint8Array.of(200, 100, 50, 128), {
    raw: { width: 1, height: 1, channels: 4 },
  }).png()
  expect([...(await decode(await half.toBuffer())).image.samples]).toEqual([100, 50, 25])
})

test('a JPEG is turned as its EXIF orientation says', async () => {
  const pixels = new Uint8Array(16 * 8).fill(255, 0, 64)
  const jpeg = sharp(pixels, { raw: { width: 16, height: 8, channels: 1 } })
  const { image } = await decode(await jpeg.jpeg().withMetadata({ orientation: 6 }).toBuffer())
  expect([image.width, image.height]).toEqual([8, 16])
})

test('truncated files are left out with the reason', async () => {
  const noise = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i * i * 31) % 251)
  const picture = sharp(noise, { raw: { width: 64, height: 64, channels: 1 } })
  for (const bytes of [
    await picture.png().toBuffer(),
    await picture.jpeg().toBuffer(),
    await picture.tiff().toBuffer(),
  ]) {
    const decoded = await decodeFile(bytes.subarray(0, Math.floor(bytes.length / 2)), '')
    expect(decoded).toEqual({
      kind: 'skipped',
      reason: expect.stringMatching(/^unreadable (PNG|JPEG|TIFF): /) as string,
    })
  }
})

test('the content decides, not the name', async () => {
  const png = await sharpGrey().png().toBuffer()
  expect(await decodeFile(png, '.jpg')).toMatchObject({
    kind: 'images',
    format: 'PNG, grey, 8-bit',
  })
  expect(await decodeFile(Buffer.from('hello'), '.png')).toEqual({
    kind: 'skipped',
    reason: 'named .png but its content is not of that kind',
  })
  expect(await decodeFile(Buffer.from('hello'), '.txt')).toEqual({
    kind: 'skipped',
    reason: 'no image of a kind that is read (.txt)',
  })
  expect(await decodeFile(new Uint8Array(), '.png')).toEqual({
    kind: 'skipped',
    reason: 'empty file',
  })
})
