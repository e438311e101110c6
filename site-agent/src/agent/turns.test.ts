import { createTurns } from './turns.ts'

const patient = { signal: new AbortController().signal, onWait: () => undefined }

/** Work that goes on until it is told to end. */
function longWork() {
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return { work: () => ended, end }
}

test('whoever has had a turn comes after all who wait, and one works at a time', async () => {
  const takeTurn = createTurns()
  const order: string[] = []
  let working = 0
  const study = async (name: string, rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      await takeTurn(async () => {
        working += 1
        expect(working).toBe(1)
        order.push(name)
        await Promise.resolve()
        working -= 1
      }, patient)
    }
  }
  await Promise.all([study('a', 4), study('b', 3), study('c', 2)])
  expect(order.join('')).toBe('abcabcaba')
})

test('work that fails passes the turn on', async () => {
  const takeTurn = createTurns()
  const failing = takeTurn(() => Promise.reject(new Error('no')), patient)
  const next = takeTurn(() => Promise.resolve('yes'), patient)
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('yes')
})

test('a place in the line can be given up, and whoever waits is told so', async () => {
  const takeTurn = createTurns()
  const { work, end } = longWork()
  const first = takeTurn(work, patient)
  const controller = new AbortController()
  let told = 0
  const onWait = (): void => void (told += 1)
  const second = takeTurn(() => Promise.resolve('second'), { signal: controller.signal, onWait })
  const third = takeTurn(() => Promise.resolve('third'), { ...patient, onWait })
  expect(told).toBe(2)
  controller.abort(new Error('over'))
  await expect(second).rejects.toThrow('over')
  end()
  await first
  expect(await third).toBe('third')
  expect(await takeTurn(() => Promise.resolve('again'), { ...patient, onWait })).toBe('again')
  expect(told).toBe(2)
})
