import fc from 'fast-check'
import { createKernels } from './kernels.ts'

/** Kernels over the rows of `values` `[n][width]`, and sums that begin as given. */
function stand(values: readonly (readonly number[])[], sums: readonly number[]) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  const width = sums.length
  const tile = new Float64Array(memory.buffer, 32, width)
  tile.set(sums)
  const rows = new Float32Array(memory.buffer, 32 + 8 * width, values.length * width)
  rows.set(values.flat())
  return {
    ...{ tile, parts: new Float64Array(memory.buffer, 0, 4), kernels: createKernels(memory, 1) },
    at: (row: number) => rows.byteOffset + 4 * row * width,
  }
}

const bytes = 4 * 8
const float = fc.float({ noNaN: true, min: -1000, max: 1000 })
const row = fc.array(float, { minLength: 8, maxLength: 8 })
const weight = fc.double({ noNaN: true, min: -2, max: 2 })
const rowsOf = (length: number) => fc.array(row, { minLength: length, maxLength: length })

test('rows are added bit for bit as one after the other', () => {
  const weights = fc.array(weight, { minLength: 5, maxLength: 5 })
  fc.assert(
    fc.property(rowsOf(5), weights, row, (rows, [a, b, c, d, e], start) => {
      const { kernels, tile, at } = stand(rows, start)
      kernels.addFourRows(at(0), 4 * 8, bytes, tile.byteOffset, a!, b!, c!, d!)
      kernels.addRow(at(4), bytes, tile.byteOffset, e!)
      const factors = [a!, b!, c!, d!, e!]
      const expected = start.map((first, k) =>
        rows.reduce((sum, values, i) => sum + factors[i]! * values[k]!, first),
      )
      expect(tile).toEqual(Float64Array.from(expected))
    }),
  )
})

const sumOf = (terms: readonly number[]): number => terms.reduce((sum, term) => sum + term, 0)

/** Sums of eight terms in another order differ by a few roundings of the largest. */
const near = (terms: readonly number[]): unknown =>
  expect.closeTo(sumOf(terms), 12 - Math.ceil(Math.log10(1 + sumOf(terms.map(Math.abs)))))

test('moments and distances are those of the formulas', () => {
  fc.assert(
    fc.property(rowsOf(2), row, weight, weight, ([x, y], z, a, b) => {
      const { kernels, tile, parts, at } = stand([x!, y!], z)
      kernels.moments(at(0), bytes, tile.byteOffset, parts.byteOffset)
      expect(parts[0]! + parts[1]!).toEqual(near(x!.map((v) => v * v)))
      expect(parts[2]! + parts[3]!).toEqual(near(x!.map((v, k) => v * z[k]!)))
      expect(kernels.squaredDistanceToTile(at(0), bytes, tile.byteOffset, a)).toEqual(
        near(x!.map((v, k) => (a * v - z[k]!) ** 2)),
      )
      expect(kernels.squaredDistance(at(0), bytes, at(1), a, b)).toEqual(
        near(x!.map((v, k) => (a * v - b * y![k]!) ** 2)),
      )
    }),
  )
})
