import type { BenchResult } from './benchmark.ts'
import type { Machine } from './machine.ts'
import { resultTable } from './result-table.ts'
import type { AsInstalled } from './row-result.ts'

const machine: Machine = {
  cpu: 'A CPU',
  cores: 4,
  loadAverage: 0.1,
  threads: 2,
  node: 'v22.0.0',
  onnxruntime: '1.30.0',
  matMulGflops: { oneThread: 100.4, allThreads: 199.6 },
  memoryGBs: { oneThread: 10, allThreads: 15 },
}

const asInstalled: AsInstalled = {
  viewsPerSecond: 12.5,
  turns: [20, 12.5, 5],
  memoryFormat: 'channels_last',
  peakRssMiB: 1900,
}

const result: BenchResult = {
  machine: { ...machine, pytorch: { version: '1.13.0', threads: 2 } },
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
      pytorchAsInstalled: { ...asInstalled, ratio: 12 },
    },
  ],
  geomeanRatio: 1.5,
  geomeanRatioAsInstalled: 12,
  gradientCaching: { peakRssMiB256: 500, peakRssMiB4096: 550 },
}

test('machine, rows with every pair of turns and the check, means and gradient caching', () => {
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
    '  PyTorch as installed: 12.5 views/s, ratio 12.00; turns: 20.0, 12.5, 5.0; channels_last, peak 1900 MiB',
    '',
    "PyTorch: its quickest eager way that is known, freed memory kept for the next step. As installed: the C library's default, which gives that memory back to the system.",
    'Geometric mean of the ratios: 1.50; to PyTorch as installed 12.00',
    '',
    'Peak memory with 256 images in a batch 500 MiB, with 4096 550 MiB',
  ])
})

test('without PyTorch a row is one line', () => {
  const { name, viewsPerSecond, gflops, compileSeconds, peakRssMiB } = result.rows[0]!
  const rows = [{ name, viewsPerSecond, gflops, compileSeconds, peakRssMiB }]
  const lines = resultTable({ machine, rows })
  expect(lines).toHaveLength(5)
  expect(lines[4]).toMatch(/^a-row +150.0 +60.0 +1.3 +1000$/)
})

test('a row without a ratio says why', () => {
  const row = { ...result.rows[0]!, pytorchAsInstalled: asInstalled }
  const rows = [{ ...row, ratioInvalid: 'the losses differ' }]
  const lines = resultTable({ machine: result.machine, rows })
  expect(lines).toContain('  no ratio: the losses differ')
  expect(lines).toContain(
    '  PyTorch as installed: 12.5 views/s, no ratio; turns: 20.0, 12.5, 5.0; channels_last, peak 1900 MiB',
  )
})

test('numbers of a busy machine carry the warning', () => {
  const busy = { ...machine, warning: 'it was busy' }
  expect(resultTable({ ...result, machine: busy })[2]).toBe('it was busy')
})
