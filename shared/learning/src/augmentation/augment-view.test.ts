import fc from 'fast-check'
import { createStream } from '@consilium/random'
import { augmentView } from './augment-view.ts'
import { blur } from './blur.ts'
import { cropAndTurn } from './crop-and-turn.ts'
import { equalise } from './equalise.ts'
import type { Image } from './image.ts'
import { augmentationPresets, type Augmentation } from './presets.ts'

const image = (channels: 1 | 3, size = 8): fc.Arbitrary<Image> =>
  fc
    .array(fc.integer({ min: 0, max: 1000 }), {
      minLength: size * size * channels,
      maxLength: size * size * channels,
    })
    .map((values) => ({ size, channels, data: new Float32Array(values.map((v) => v / 1000)) }))

const nothing: Augmentation = {
  cropArea: [1, 1],
  maxRotation: 0,
  horizontalFlip: 0,
  verticalFlip: 0,
  quarterTurns: false,
  jitter: 0,
  brightness: 0,
  contrast: 0,
  saturation: 0,
  hue: 0,
  grey: 0,
  equalise: 0,
  blur: 0,
}

const square = (data: number[]): Image => ({ size: 2, channels: 1, data: new Float32Array(data) })

test.each(['xray', 'microscopy'] as const)(
  'a view by the %s preset keeps its shape and range, repeats with its stream and leaves the image alone',
  (preset) => {
    fc.assert(
      fc.property(image(preset === 'xray' ? 1 : 3), fc.nat(), (original, seed) => {
        const before = original.data.slice()
        const view = augmentView(original, augmentationPresets[preset], createStream(seed, 'v'))
        expect(view.data.length).toBe(original.data.length)
        expect(view.data.every((x) => x >= -1e-6 && x <= 1 + 1e-6)).toBe(true)
        expect(
          augmentView(original, augmentationPresets[preset], createStream(seed, 'v')).data,
        ).toEqual(view.data)
        expect(original.data).toEqual(before)
      }),
    )
  },
)

/** A full crop still draws an aspect; only an area of 1 with any aspect is cut back to the whole image. */
test('nothing to change gives nearly the image back', () => {
  const original = square([0, 1, 0.5, 0.25])
  const views = Array.from({ length: 20 }, (_, i) =>
    augmentView(original, nothing, createStream(i)),
  )
  for (const view of views)
    view.data.forEach((x, i) => {
      expect(Math.abs(x - original.data[i]!)).toBeLessThan(0.2)
    })
})

test('a horizontal flip exchanges left and right', () => {
  const flipped = cropAndTurn(
    square([0, 1, 0, 1]),
    { ...nothing, horizontalFlip: 1 },
    createStream(1),
  )
  expect(flipped.data[0]).toBeGreaterThan(flipped.data[1]!)
  expect(flipped.data[2]).toBeGreaterThan(flipped.data[3]!)
})

test('the x-ray preset never turns a film upside down nor changes colour', () => {
  expect(augmentationPresets.xray).toMatchObject({
    verticalFlip: 0,
    quarterTurns: false,
    hue: 0,
    saturation: 0,
  })
})

test('equalisation spreads the grey levels over 0..1 and leaves a flat image alone', () => {
  const levels = square([0.2, 0.2, 0.3, 0.4])
  equalise(levels)
  expect([...levels.data]).toEqual([0, 0, 0.5, 1])
  const flat = square([0.4, 0.4, 0.4, 0.4])
  const before = flat.data.slice()
  equalise(flat)
  expect(flat.data).toEqual(before)
})

test('blur keeps the mean of a flat image and narrows the range of any other', () => {
  fc.assert(
    fc.property(image(3), (original) => {
      const range = (data: Float32Array) => Math.max(...data) - Math.min(...data)
      expect(range(blur(original, 0.8).data)).toBeLessThanOrEqual(range(original.data) + 1e-6)
    }),
  )
  ;[...blur(square([0.3, 0.3, 0.3, 0.3]), 1).data].forEach((x) => {
    expect(x).toBeCloseTo(0.3, 6)
  })
})
