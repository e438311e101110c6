import { ConsiliumError } from '@consilium/errors'
import { createStream } from '@consilium/random'
import { persist } from './persist.ts'

const failure = (retryable: boolean): ConsiliumError =>
  new ConsiliumError({ code: 'A_B', message: 'No.', retryable })

const options = (onWait: (error: ConsiliumError, delayMs: number) => void = () => undefined) => {
  const controller = new AbortController()
  return { controller, options: { signal: controller.signal, jitter: createStream(1), onWait } }
}

test('tries again after a retryable error, and says how long it waits', async () => {
  let attempts = 0
  const waits: number[] = []
  const attempt = (): Promise<number> => {
    attempts += 1
    return attempts < 2 ? Promise.reject(failure(true)) : Promise.resolve(attempts)
  }
  expect(await persist(attempt, options((_, delayMs) => waits.push(delayMs)).options)).toBe(2)
  expect(waits).toHaveLength(1)
  expect(waits[0]).toBeLessThanOrEqual(1000)
})

test('does not try again after any other error', async () => {
  let attempts = 0
  const attempt = (): Promise<void> => {
    attempts += 1
    return Promise.reject(failure(false))
  }
  await expect(persist(attempt, options().options)).rejects.toMatchObject({ code: 'A_B' })
  expect(attempts).toBe(1)
})

test('an abort ends the waiting with its reason', async () => {
  const { controller, options: quiet } = options(() => {
    controller.abort(new Error('stop'))
  })
  await expect(persist(() => Promise.reject(failure(true)), quiet)).rejects.toThrow('stop')
})
