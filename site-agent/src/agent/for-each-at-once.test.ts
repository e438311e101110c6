import { forEachAtOnce } from './for-each-at-once.ts'

const never = new AbortController().signal

test('so many items are worked on at a time, in their order', async () => {
  const begun: number[] = []
  const ends: (() => void)[] = []
  const done = forEachAtOnce([1, 2, 3], { atOnce: 2, signal: never }, (item) => {
    begun.push(item)
    return new Promise((resolve) => ends.push(resolve))
  })
  expect(begun).toEqual([1, 2])
  ends[1]!()
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toEqual([1, 2, 3])
  for (const end of ends) end()
  await done
})

test('the first failure ends the others and is thrown', async () => {
  const ended: number[] = []
  const work = (item: number, signal: AbortSignal): Promise<void> =>
    item === 2
      ? Promise.reject(new Error('the second'))
      : new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            ended.push(item)
            reject(new Error('ended'))
          })
        })
  const done = forEachAtOnce([1, 2, 3], { atOnce: 2, signal: never }, work)
  await expect(done).rejects.toThrow('the second')
  expect(ended).toEqual([1])
})
