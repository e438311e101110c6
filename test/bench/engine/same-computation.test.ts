import { compareLosses } from './same-computation.ts'

test('sides whose losses agree within rounding compute the same', () => {
  expect(compareLosses([4, 3.5, 2], [4, 3.4, 2.001])).toEqual({
    passed: true,
    first: { ours: 4, pytorch: 4, difference: 0 },
    third: { ours: 2, pytorch: 2.001, difference: expect.closeTo(0.0005, 6) as number },
  })
})

test.each([
  ['another forward pass', [4.005, 3, 2]],
  ['another optimiser', [4, 3, 2.003]],
  ['a loss that is no number', [4, 3, NaN]],
])('%s shows', (_, ours) => {
  expect(compareLosses(ours, [4, 3, 2]).passed).toBe(false)
})
