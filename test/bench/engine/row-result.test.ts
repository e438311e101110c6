import { flopOfStep } from './multiply-accumulates.ts'
import { rowResult, type MeasuredSide } from './row-result.ts'
import { planOf, rows } from './row.ts'

const row = rows[0]!

const side = (turns: readonly number[], losses = [4, 3, 2]): MeasuredSide => ({
  turns,
  losses,
  peakRssMiB: 100,
})

const ours = { ...side([30, 10, 20]), compileSeconds: 1.5 }

const pytorch = (turns: readonly number[], losses?: number[]) => ({
  tuned: { ...side(turns, losses), memoryFormat: 'contiguous' as const },
  asInstalled: { ...side([1, 1, 4], losses), memoryFormat: 'channels_last' as const },
})

test('alone, a row has its median speed and the arithmetic that goes with it, and no ratio', () => {
  expect(rowResult({ row, ours, pytorch: undefined })).toEqual({
    name: row.name,
    viewsPerSecond: 20,
    gflops: flopOfStep(planOf(row), 20) / 1e9,
    compileSeconds: 1.5,
    peakRssMiB: 100,
  })
})

test('the ratio is the median over pairs of turns, not the ratio of medians', () => {
  const result = rowResult({ row, ours, pytorch: pytorch([10, 10, 40]) })
  expect(result.pairs!.map(({ ratio }) => ratio)).toEqual([3, 1, 0.5])
  expect(result).toMatchObject({ ratio: 1, pytorchViewsPerSecond: 10 })
})

test('PyTorch as installed is compared likewise, turn by turn, in a memory format of its own', () => {
  const { pytorchMemoryFormat, pytorchAsInstalled } = rowResult({
    ...{ row, ours, pytorch: pytorch([10, 10, 40]) },
  })
  expect(pytorchMemoryFormat).toBe('contiguous')
  expect(pytorchAsInstalled).toEqual({
    ...{ viewsPerSecond: 1, turns: [1, 1, 4], ratio: 10 },
    ...{ memoryFormat: 'channels_last', peakRssMiB: 100 },
  })
})

test('sides that do not compute the same have speeds, no ratio, and the reason', () => {
  const result = rowResult({ row, ours, pytorch: pytorch([10, 10, 10], [4, 3, 1]) })
  expect(result).toMatchObject({
    viewsPerSecond: 20,
    pytorchViewsPerSecond: 10,
    ratioInvalid: expect.stringContaining('losses') as string,
    sameComputation: { passed: false },
  })
  expect(result).not.toHaveProperty('ratio')
  expect(result.pytorchAsInstalled).not.toHaveProperty('ratio')
})
