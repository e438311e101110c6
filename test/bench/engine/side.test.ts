import type { LineProcess } from '../line-processes.ts'
import { takeTurn, warmUp } from './side.ts'

/** Loss and peak memory of step n, counted from 1, are n. */
function createFakeProcess(secondsOf: (step: number) => number): LineProcess {
  let done = 0
  const step = (): number => {
    done += 1
    return done
  }
  return {
    ready: {},
    ask(request) {
      const { steps } = request as { steps: number }
      const losses = Array.from({ length: steps }, step)
      const seconds = losses.reduce((sum, n) => sum + secondsOf(n), 0)
      return Promise.resolve({ seconds, losses, peakRssMiB: done })
    },
    end: () => Promise.resolve(),
  }
}

const startingSlowly = (seconds: number) => (step: number) => (step === 1 ? 2 * seconds : seconds)

test('a slow side warms up in the steps whose losses are compared', async () => {
  const side = await warmUp(createFakeProcess(startingSlowly(60)))
  expect(side).toMatchObject({ losses: [1, 2, 3], secondsPerStep: 60 })
})

test('a quick one warms up for 2 s after its first step', async () => {
  const side = await warmUp(createFakeProcess(startingSlowly(0.5)))
  expect(side).toMatchObject({ losses: [1, 2, 3, 4, 5], secondsPerStep: 0.5 })
})

test.each([
  [60, 1],
  [2, 1],
  [0.5, 4],
])('at %s s per step a turn is of %s steps', async (seconds, steps) => {
  const side = await warmUp(createFakeProcess(startingSlowly(seconds)))
  const { viewsPerSecond, peakRssMiB } = await takeTurn(side, 30)
  expect(viewsPerSecond).toBe(30 / seconds)
  expect(peakRssMiB).toBe(side.losses.length + steps)
})

test('a side that has become slow since it warmed up takes one step', async () => {
  const side = await warmUp(createFakeProcess((step) => (step <= 5 ? 0.5 : 60)))
  expect(await takeTurn(side, 30)).toMatchObject({ viewsPerSecond: 0.5 })
})
