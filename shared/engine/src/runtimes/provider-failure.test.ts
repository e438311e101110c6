import { failureReason } from './provider-failure.ts'

test.each([
  [
    'a library that the loader misses',
    {
      error: 'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
      stderr:
        'FAIL : Failed to load library /a/libonnxruntime_providers_cuda.so with error: libcudnn.so.9: cannot open shared object file: No such file or directory',
    },
    'the library libcudnn.so.9 is not installed (docs/engine.md, "Execution providers")',
  ],
  [
    'no graphics adapter',
    {
      error:
        '/src/webgpu_context.cc:136 Initialize was false. Failed to get a WebGPU adapter: No supported adapters\n',
      stderr: 'Warning: Vulkan ...',
    },
    'there is no graphics adapter, or none whose driver is good enough for WebGPU',
  ],
  [
    'a driver that crashes',
    { error: 'SIGSEGV', stderr: '' },
    'the process that tried it was ended by SIGSEGV',
  ],
  ['no answer', { error: 'timeout', stderr: '' }, 'it did not answer within a minute'],
  [
    'anything else',
    { error: 'CUDA failure 100: no CUDA-capable device is detected\n at x', stderr: '' },
    'ONNX Runtime says "CUDA failure 100: no CUDA-capable device is detected"',
  ],
])('%s is told in words', (_, failure, reason) => {
  expect(failureReason(failure)).toBe(reason)
})
