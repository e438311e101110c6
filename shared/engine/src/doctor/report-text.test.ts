import type { DoctorReport } from './doctor-report.ts'
import { reportText } from './report-text.ts'

const healthy: DoctorReport = {
  node: '22.23.3',
  platform: 'linux-x64',
  processor: 'AMD EPYC',
  cores: 4,
  memoryBytes: 8 * 2 ** 30,
  freeMemoryBytes: 6.5 * 2 ** 30,
  runtime: 'onnx',
  runtimes: [
    { name: 'onnx', loaded: true, detail: 'ONNX Runtime 1.30.0' },
    { name: 'tensorflow', loaded: false, detail: 'it is not installed' },
    { name: 'reference', loaded: true, detail: 'TensorFlow.js 4.22.0' },
  ],
  providers: [
    { name: 'cpu', usable: true },
    { name: 'webgpu', usable: true },
    { name: 'cuda', usable: false, reason: 'a library is missing' },
  ],
  threads: 2,
  blockSize: 16,
  cache: { folder: '/cache', choices: 12 },
  throughput: {
    viewsPerSecond: 170.6,
    gflopPerSecond: 51.04,
    views: 64,
    steps: 8,
    seconds: 3.02,
    choice: {
      runtime: 'onnx',
      provider: 'cpu',
      lanes: 2,
      microBatches: 2,
      microBatch: 32,
      recompute: false,
      lowerings: '',
    },
  },
  problems: [],
}

test('a healthy machine', () => {
  expect(reportText(healthy)).toBe(`\
Runtimes      onnx: used, the default (ONNX Runtime 1.30.0)
              tensorflow: not loaded, because it is not installed
              reference: loaded, not used (TensorFlow.js 4.22.0)
Providers     cpu: used, the default
              webgpu: usable, by the option \`provider\`
              cuda: not usable, because a library is missing
Processor     AMD EPYC, linux-x64
Cores         4
Threads       2
Memory        8.0 GiB, 6.5 GiB free
Node          22.23.3
Convolutions  with blocked kernels, 16 channels in a block
Cache         /cache, choices: 12
Throughput    171 views/s, 51.0 GFLOP/s (SimCLR with a small ResNet, 8 steps of 64 views of 32 x 32 in 3.0 s)
Problems      none
`)
})

test('a machine on which ONNX Runtime does not load', () => {
  const text = reportText({
    ...healthy,
    runtime: null,
    runtimes: [{ name: 'onnx', loaded: false, detail: 'onnxruntime-node fails: x' }],
    providers: [],
    blockSize: null,
    throughput: null,
    problems: ['One.', 'Two.'],
  })
  expect(text).toMatch(/^Runtimes {6}onnx: not loaded, because onnxruntime-node fails: x$/m)
  expect(text).not.toContain('Providers')
  expect(text).toMatch(/^Throughput {4}nothing can compute$/m)
  expect(text).toMatch(/^Problems {6}One\.\n {14}Two\.$/m)
})

test('a machine on which TensorFlow takes over', () => {
  const text = reportText({
    ...healthy,
    runtime: 'tensorflow',
    runtimes: [{ name: 'tensorflow', loaded: true, detail: '@tensorflow/tfjs-node' }],
  })
  expect(text).toContain(
    'tensorflow: used, because onnx does not compute here (@tensorflow/tfjs-node)',
  )
})
