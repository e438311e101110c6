import { createResultQueue } from './result-queue.ts'

test('results come in the order they were begun in, not in the order they were finished in', async () => {
  const queue = createResultQueue<string>()
  const early = queue.next()
  const places = [queue.begin(), queue.begin(), queue.begin()]
  places[2]!.resolve('c')
  places[1]!.resolve('b')
  places[0]!.resolve('a')
  expect(await Promise.all([early, queue.next(), queue.next()])).toEqual(['a', 'b', 'c'])
})

test('after the last result comes undefined, also for those who asked before the end was known', async () => {
  const queue = createResultQueue<string>()
  const asked = [queue.next(), queue.next()]
  queue.begin().resolve('a')
  queue.finish()
  expect(await Promise.all([...asked, queue.next()])).toEqual(['a', undefined, undefined])
})

test('an error at the end lets what was begun before it through', async () => {
  const queue = createResultQueue<string>()
  queue.begin().resolve('a')
  queue.finish(new Error('no more'))
  expect(await queue.next()).toBe('a')
  await expect(queue.next()).rejects.toThrow('no more')
  await expect(queue.next()).rejects.toThrow('no more')
})

test('an abort takes back what was begun and reaches everyone who waits', async () => {
  const queue = createResultQueue<string>()
  const waiting = queue.next()
  queue.abort(new Error('over'))
  await expect(waiting).rejects.toThrow('over')
  queue.begin().resolve('a')
  queue.abort(new Error('over'))
  await expect(queue.next()).rejects.toThrow('over')
})
