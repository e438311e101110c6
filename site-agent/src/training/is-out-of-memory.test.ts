import { Worker } from 'node:worker_threads'
import { isOutOfMemory } from './is-out-of-memory.ts'

test('an array that cannot be allocated is out of memory, also as a cause', () => {
  const more = 2 ** 52
  let error: unknown
  try {
    error = new SharedArrayBuffer(more)
  } catch (thrown) {
    error = thrown
  }
  expect(isOutOfMemory(error)).toBe(true)
  expect(isOutOfMemory(new Error('The feed ended.', { cause: error }))).toBe(true)
})

test('a thread whose heap is full is out of memory', async () => {
  const worker = new Worker('const all = []; for (;;) all.push({})', {
    eval: true,
    resourceLimits: { maxOldGenerationSizeMb: 8 },
  })
  const error = await new Promise((resolve) => worker.once('error', resolve))
  expect(isOutOfMemory(error)).toBe(true)
})

test('other errors are not', () => {
  expect(isOutOfMemory(new Error('No.', { cause: new RangeError('Invalid array length') }))).toBe(
    false,
  )
  expect(isOutOfMemory('no memory')).toBe(false)
})
