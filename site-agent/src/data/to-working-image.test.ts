import type { RawImage } from './raw-image.ts'
import { toWorkingImage } from './to-working-image.ts'

const grey = (width: number, height: number, samples: readonly number[]): RawImage => ({
  width,
  height,
  channels: 1,
  samples: Uint8Array.from(samples),
  scale: 'bytes',
})

const values = (samples: readonly number[], padding?: readonly number[]): RawImage => {
  const side = Math.sqrt(samples.length)
  const image = {
    width: side,
    height: side,
    channels: 1,
    samples: Float32Array.from(samples),
    scale: 'values',
  } as const
  return padding ? { ...image, padding: Uint8Array.from(padding) } : image
}

test('bytes keep their window: 0 is black, 255 is white, v is 257 v', () => {
  expect([...toWorkingImage(grey(2, 2, [0, 1, 128, 255]), { size: 2, channels: 1 })]).toEqual([
    0, 257, 32896, 65535,
  ])
})

test('a wide image loses its sides, a tall one its top and bottom', () => {
  const wide = grey(4, 2, [9, 1, 2, 9, 9, 3, 4, 9])
  const tall = grey(2, 4, [9, 9, 1, 2, 3, 4, 9, 9])
  const square = [257, 514, 771, 1028]
  expect([...toWorkingImage(wide, { size: 2, channels: 1 })]).toEqual(square)
  expect([...toWorkingImage(tall, { size: 2, channels: 1 })]).toEqual(square)
})

test('a smaller image is the average of the area, also when pixels are cut', () => {
  expect([...toWorkingImage(grey(2, 2, [0, 10, 20, 30]), { size: 1, channels: 1 })]).toEqual([
    15 * 257,
  ])
  const columns = grey(3, 3, [0, 90, 255, 0, 90, 255, 0, 90, 255])
  // Each target pixel covers one and a half source pixels: (0 + 90 / 2) / 1.5 = 30 and (90 / 2 + 255) / 1.5 = 200.
  expect([...toWorkingImage(columns, { size: 2, channels: 1 })]).toEqual(
    [30, 200, 30, 200].map((x) => x * 257),
  )
})

test('a larger image is bilinear between pixel centres', () => {
  const out = toWorkingImage(grey(2, 2, [0, 100, 0, 100]), { size: 4, channels: 1 })
  expect([...out.subarray(0, 4)]).toEqual([0, 25, 75, 100].map((x) => x * 257))
  expect(out.subarray(12)).toEqual(out.subarray(0, 4))
})

test('colour becomes grey by BT.601 luma, grey becomes colour by repetition', () => {
  const red: RawImage = {
    width: 1,
    height: 1,
    channels: 3,
    samples: Uint8Array.of(255, 0, 0),
    scale: 'bytes',
  }
  expect([...toWorkingImage(red, { size: 1, channels: 1 })]).toEqual([Math.round(0.299 * 65535)])
  expect([...toWorkingImage(red, { size: 1, channels: 3 })]).toEqual([65535, 0, 0])
  expect([...toWorkingImage(grey(1, 1, [2]), { size: 1, channels: 3 })]).toEqual([514, 514, 514])
})

test('values are stretched between the 0.5 and 99.5 percentiles of the image', () => {
  const ramp = Array.from({ length: 400 }, (_, i) => 1000 + i)
  ramp[399] = 60000 // a burnt-in marker
  const out = toWorkingImage(values(ramp), { size: 20, channels: 1 })
  expect([out[0], out[1], out[397], out[399]]).toEqual([0, 0, 65535, 65535])
  // The window is 1001..1397: 1199 lies in its middle.
  expect(out[199]).toBe(Math.round(65535 * 0.5))
})

test('scale and offset of the values change nothing', () => {
  const image = Array.from({ length: 64 }, (_, i) => (i * 37) % 64)
  const shape = { size: 8, channels: 1 } as const
  expect(toWorkingImage(values(image.map((x) => 3 * x - 1024)), shape)).toEqual(
    toWorkingImage(values(image), shape),
  )
})

test('padding is black and does not count for the window', () => {
  const out = toWorkingImage(values([-2000, 10, 20, 30], [1, 0, 0, 0]), { size: 2, channels: 1 })
  expect([...out]).toEqual([0, 0, 32768, 65535])
})

test('an image of one value is black', () => {
  expect([...toWorkingImage(values([7, 7, 7, 7]), { size: 2, channels: 1 })]).toEqual([0, 0, 0, 0])
})

test('a few bright pixels on a flat image are not lost', () => {
  const image = Array.from({ length: 400 }, () => 5)
  image[0] = 9
  expect(toWorkingImage(values(image), { size: 20, channels: 1 })[0]).toBe(65535)
})
