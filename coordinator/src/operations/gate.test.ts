import { createGate } from './gate.ts'

test('closing waits for what is inside, whether it succeeds or fails, and lets nothing else in', async () => {
  const gate = createGate()
  const first = pending()
  const second = pending()
  const answers = [gate.pass(() => first.promise), gate.pass(() => second.promise)]
  let closed = false
  const closing = gate.close().then(() => {
    closed = true
  })
  await expect(gate.pass(() => Promise.resolve())).rejects.toMatchObject({
    code: 'COORDINATOR_STOPPING',
    retryable: true,
  })
  first.resolve('done')
  expect(await answers[0]).toBe('done')
  expect(closed).toBe(false)
  second.reject(new Error('broken'))
  await expect(answers[1]).rejects.toThrow('broken')
  await closing
  expect(closed).toBe(true)
})

function pending() {
  let resolve: (answer: string) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<string>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
