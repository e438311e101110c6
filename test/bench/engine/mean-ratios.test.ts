import { meanRatios } from './mean-ratios.ts'
import type { RowResult } from './row-result.ts'
import { rows } from './row.ts'

const [first, second] = rows.filter(({ inGeomean }) => inGeomean)
const leftOut = rows.find(({ inGeomean }) => !inGeomean)!

const alone = (name: string): RowResult => ({
  ...{ name, viewsPerSecond: 1, gflops: 1, compileSeconds: 1, peakRssMiB: 1 },
})

const beside = (name: string, ratio: number, asInstalled: number): RowResult => ({
  ...alone(name),
  ratio,
  pytorchAsInstalled: {
    ...{ viewsPerSecond: 1, turns: [1], memoryFormat: 'contiguous', peakRssMiB: 1 },
    ratio: asInstalled,
  },
})

test('either PyTorch has a mean of its own, over the rows that count', () => {
  const results = [beside(first!.name, 1, 10), beside(second!.name, 4, 1000)]
  const { geomeanRatio, geomeanRatioAsInstalled } = meanRatios([
    ...results,
    beside(leftOut.name, 50, 50),
  ])
  expect(geomeanRatio).toBeCloseTo(2, 12)
  expect(geomeanRatioAsInstalled).toBeCloseTo(100, 10)
})

test('a row without a ratio does not count', () => {
  const results = [beside(first!.name, 3, 30), alone(second!.name)]
  expect(meanRatios(results)).toEqual({
    geomeanRatio: expect.closeTo(3, 12) as number,
    geomeanRatioAsInstalled: expect.closeTo(30, 12) as number,
  })
})

test('where no row has one there is no mean', () => {
  expect(meanRatios([alone(first!.name)])).toEqual({})
})
