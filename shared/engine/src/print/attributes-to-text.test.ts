import { attributesToText } from './attributes-to-text.ts'

test('attributes are in alphabetical order, without those that are not given', () => {
  const attributes = { strides: [1, 2], pad: 'same', dimRoundingMode: undefined, keepDims: false }
  expect(attributesToText(attributes)).toBe('{keepDims: false, pad: "same", strides: [1, 2]}')
  expect(attributesToText({ dimRoundingMode: undefined })).toBe('')
})

test('numbers that JSON cannot tell apart have different texts', () => {
  const texts = [0, -0, NaN, Infinity, -Infinity, null].map((value) => attributesToText({ value }))
  expect(new Set(texts).size).toBe(6)
})
