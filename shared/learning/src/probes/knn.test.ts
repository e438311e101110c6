import { knn } from './knn.ts'

const bank = { dimension: 2, values: Float32Array.of(1, 0, 0, 1, -1, 0, 5, 0) }

test('only the k nearest vote', () => {
  const angles = Array.from({ length: 200 }, (_, i) => (i * 37) % 200)
  const values = Float32Array.from(angles.flatMap((a) => [Math.cos(a / 100), Math.sin(a / 100)]))
  const test = { dimension: 2, values: Float32Array.of(1, 0) }
  const bankLabels = angles.map((a) => (a < 15 ? 0 : a < 20 ? 1 : 2))
  const { values: votes } = knn({ bank: { dimension: 2, values }, bankLabels, test, classes: 3 })
  expect(votes[2]).toBe(0)
  expect(votes[1]).toBeGreaterThan(0.2)
  expect(votes[1]).toBeLessThan(0.25)
})

test('votes by angle, not by length', () => {
  const test = { dimension: 2, values: Float32Array.of(100, 0) }
  const { values } = knn({ bank, bankLabels: [0, 1, 1, 0], test, classes: 2, k: 2 })
  expect([...values]).toEqual([1, 0])
})

test('weights a neighbour by exp(similarity / temperature)', () => {
  const test = { dimension: 2, values: Float32Array.of(1, 0) }
  const { values } = knn({
    bank,
    bankLabels: [0, 1, 1, 0],
    test,
    classes: 2,
    k: 3,
    temperature: 0.5,
  })
  const near = Math.exp(1 / 0.5)
  expect(values[0]).toBeCloseTo((2 * near) / (2 * near + 1), 12)
})

test('a bank smaller than k votes as a whole', () => {
  const test = { dimension: 2, values: Float32Array.of(0, 1) }
  const { values } = knn({ bank, bankLabels: [0, 1, 1, 0], test, classes: 2 })
  expect(values[0]! + values[1]!).toBeCloseTo(1, 12)
  expect(values[1]).toBeGreaterThan(0.99)
})

test('an image without features is equally far from all', () => {
  const test = { dimension: 2, values: Float32Array.of(0, 0) }
  expect([...knn({ bank, bankLabels: [0, 1, 1, 0], test, classes: 2 }).values]).toEqual([0.5, 0.5])
})
