import { createLossCurves } from './loss-curves.ts'

test('places a loss by the rounds behind it', () => {
  const losses = createLossCurves()
  losses.add('b', { round: 2, step: 1, steps: 4, loss: 4.5 })
  losses.add('a', { round: 1, step: 4, steps: 4, loss: 5 })
  expect(losses.curves()).toEqual({ a: [{ round: 1, loss: 5 }], b: [{ round: 1.25, loss: 4.5 }] })
})

test('keeps some of many points, the last among them', () => {
  const losses = createLossCurves()
  for (let step = 1; step <= 1000; step += 1)
    losses.add('a', { round: 1, step, steps: 1000, loss: step })
  const points = losses.curves()['a']!
  expect(points).toHaveLength(200)
  expect(points.at(-1)).toEqual({ round: 1, loss: 1000 })
})
