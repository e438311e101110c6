import { compile } from '@consilium/engine'
import { movingAverage, targetMomentumAt } from './moving-average.ts'

test('an average keeps its momentum and takes the rest from the weight', async () => {
  const executable = await compile(
    ({ average, weight, momentum }) => ({ next: movingAverage(average!, weight!, momentum!) }),
    { average: [2], weight: [2], momentum: [] },
  )
  const { next } = await executable.run({
    average: new Float32Array([10, -4]),
    weight: new Float32Array([20, 0]),
    momentum: new Float32Array([0.75]),
  })
  expect([...next!]).toEqual([12.5, -3])
})

test("BYOL's momentum rises from its base to 1 along half a cosine", () => {
  expect(targetMomentumAt(0, 0.996)).toBeCloseTo(0.996, 12)
  expect(targetMomentumAt(0.5, 0.996)).toBeCloseTo(0.998, 12)
  expect(targetMomentumAt(1, 0.996)).toBeCloseTo(1, 12)
})
