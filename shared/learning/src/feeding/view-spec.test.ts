import { assertSpec, sliceSpec, specOfBatch } from './view-spec.ts'

const batch = specOfBatch(['bern'], Uint32Array.of(5, 3, 8), 2)

test('a batch has all first views before all second ones', () => {
  expect([...batch.images]).toEqual([5, 3, 8, 5, 3, 8])
  expect([...batch.views]).toEqual([0, 0, 0, 1, 1, 1])
})

test('a slice has the rows from its start to before its end', () => {
  const { path, images, views } = sliceSpec(batch, 2, 4)
  expect([path, [...images], [...views]]).toEqual([['bern'], [8, 5], [0, 1]])
})

test('a spec is refused with the row that names no image', () => {
  expect(() => {
    assertSpec(batch, { images: 8, maxRows: 6 })
  }).toThrow(
    expect.objectContaining({
      code: 'TRAINING_VIEWS_INVALID',
      message: expect.stringContaining('row 2 is of image 8, the data set has 8'),
    }),
  )
})

test('a spec is refused when a slot has no room for it, or its columns differ in length', () => {
  const code = { code: 'TRAINING_VIEWS_INVALID' }
  expect(() => {
    assertSpec(batch, { images: 9, maxRows: 5 })
  }).toThrow(expect.objectContaining(code))
  expect(() => {
    assertSpec({ ...batch, views: Uint32Array.of(0) }, { images: 9, maxRows: 6 })
  }).toThrow(expect.objectContaining(code))
})
