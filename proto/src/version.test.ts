import { negotiateVersion } from './index.ts'

test('the highest common version is chosen', () => {
  expect(negotiateVersion({ min: 1, max: 4 }, { min: 2, max: 3 })).toBe(3)
  expect(negotiateVersion({ min: 2, max: 2 }, { min: 1, max: 9 })).toBe(2)
})

test('without a common version both ranges are named, and the side to upgrade', () => {
  expect(() => negotiateVersion({ min: 3, max: 4 }, { min: 1, max: 2 })).toThrow(
    /speaks 3 to 4, the other 1 to 2\. Upgrade Consilium on the other side/,
  )
  expect(() => negotiateVersion({ min: 1, max: 1 }, { min: 2, max: 2 })).toThrow(
    expect.objectContaining({
      code: 'PROTO_VERSION_MISMATCH',
      message: expect.stringMatching(/Upgrade Consilium on the side that reports this/) as string,
    }),
  )
})
