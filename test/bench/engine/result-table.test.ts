import type { BenchResult } from './benchmark.ts'
import { resultTable } from './result-table.ts'

const result: BenchResult = {
  machine: {
    cpu: 'A CPU',
    cores: 4,
    threads: 2,
    node: 'v22.0.0',
    onnxruntime: '1.30.0',
    pytorch: { version: '1.13.0', threads: 2 },
    matMulGflops: { oneThread: 100.4, allThreads: 199.6 },
    memoryGBs: { oneThread: 10, allThreads: 15 },
  },
  rows: [
    {
      name: 'a-row',
      viewsPerSecond: 150,
      gflops: 60,
      compileSeconds: 1.26,
      peakRssMiB: 1000,
      pytorchViewsPerSecond: 100,
      ratio: 1.5,
      pairs: [{ ours: 150, pytorch: 100, ratio: 1.5 }],
      sameComputation: {
        passed: true,
        first: { ours: 4, pytorch: 4, difference: 0 },
        third: { ours: 3.00002, pytorch: 3, difference: 0.00002 / 3 },
      },
      pytorchMemoryFormat: 'contiguous',
      pytorchPeakRssMiB: 2000,
    },
  ],
  geomeanRatio: 1.5,
  gradientCaching: { peakRssMiB256: 500, peakRssMiB4096: 550 },
}

test('machine, rows with every pair of turns and the check, mean and gradient caching', () => {
  const columns = '      views/s    GFLOP/s  compile s   peak MiB    PyTorch      ratio'
  const values = '        150.0       60.0        1.3       1000      100.0       1.50'
  expect(resultTable(result)).toEqual([
    'A CPU, 4 cores, 2 threads; Node v22.0.0, ONNX Runtime 1.30.0, PyTorch 1.13.0',
    'Matrix product 100 on one thread, 200 on 2 GFLOP/s; memory 10 on one thread, 15 on 2 GB/s',
    '',
    `${' '.repeat(24)}${columns}`,
    `a-row${' '.repeat(19)}${values}`,
    '  turns: 150.0/100.0=1.50',
    '  loss of step 1: 4.00000 and 4.00000 (0e+0); of step 3: 3.00002 and 3.00000 (7e-6)',
    '  PyTorch: contiguous, peak 2000 MiB',
    '',
    'Geometric mean of the ratios: 1.50',
    '',
    'Peak memory with 256 images in a batch 500 MiB, with 4096 550 MiB',
  ])
})

test('without PyTorch a row is one line', () => {
  const { name, viewsPerSecond, gflops, compileSeconds, peakRssMiB } = result.rows[0]!
  const rows = [{ name, viewsPerSecond, gflops, compileSeconds, peakRssMiB }]
  const lines = resultTable({ machine: result.machine, rows })
  expect(lines).toHaveLength(5)
  expect(lines[4]).toMatch(/^a-row +150.0 +60.0 +1.3 +1000$/)
})

test('a row without a ratio says why', () => {
  const rows = [{ ...result.rows[0]!, ratioInvalid: 'the losses differ' }]
  expect(resultTable({ machine: result.machine, rows })).toContain('  no ratio: the losses differ')
})
