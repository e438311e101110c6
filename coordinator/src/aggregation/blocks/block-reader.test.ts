import { openBlockReader } from './block-reader.ts'

test.each([5, 101, 750, 1500])('a fold of %i files reads at most 96 MiB ahead', async (width) => {
  const reader = openBlockReader({ parameters: 1_000_000, files: [], width })
  const bytes = 4 * reader.stride * width * Float32Array.BYTES_PER_ELEMENT
  expect(bytes).toBeLessThanOrEqual(96 * 1024 * 1024)
  await reader.close()
})
