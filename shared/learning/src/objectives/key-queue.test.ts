import { compile, type TensorFlow } from '@consilium/engine'
import { enqueueKeys } from './key-queue.ts'

type Tensor2D = TensorFlow.Tensor2D

const enqueue = async (queue: number[], keys: number[]): Promise<number[]> => {
  const executable = await compile(
    ({ q, k }) => ({ next: enqueueKeys(q as Tensor2D, k as Tensor2D) }),
    { q: [queue.length / 2, 2], k: [keys.length / 2, 2] },
  )
  const { next } = await executable.run({ q: new Float32Array(queue), k: new Float32Array(keys) })
  return [...next!].map((x) => Math.round(x * 1e5) / 1e5)
}

test('new keys come in front at length 1 and the oldest go', async () => {
  expect(await enqueue([0, 1, 1, 0, 0, -1], [3, 4, 0, 2])).toEqual([0.6, 0.8, 0, 1, 0, 1])
})

test('a batch larger than the queue fills it with its first keys', async () => {
  expect(await enqueue([0, 1, 1, 0], [0, 2, -2, 0, 5, 5])).toEqual([0, 1, -1, 0])
})
