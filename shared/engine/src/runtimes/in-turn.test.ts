import { inTurn } from './in-turn.ts'

test('work begins when what came before has ended, also when that failed', async () => {
  const queue = inTurn()
  const events: string[] = []
  const work = (name: string) => async () => {
    events.push(`${name} begins`)
    await new Promise(setImmediate)
    events.push(`${name} ends`)
    if (name === 'a') throw new Error('a failed')
    return name
  }
  const [a, b] = [queue(work('a')), queue(work('b'))]
  await expect(a).rejects.toThrow('a failed')
  expect(await b).toBe('b')
  expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
})
