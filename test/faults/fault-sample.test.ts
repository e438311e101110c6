import { isGood } from './harness/fault-case.ts'
import { faults } from './harness/faults.ts'
import { runFaults } from './harness/run-faults.ts'

/** The whole is `npm run test:faults`; this is a sample of it. */
const sample = async (name: string, every: number) => {
  const cases = await runFaults({
    faults: faults.filter((fault) => fault.name === name),
    ...{ seed: 1, every, parallel: 2 },
    say: () => undefined,
    clock: () => performance.now(),
  })
  return { count: cases.length, bad: cases.filter((one) => !isGood(one)) }
}

test.each([
  ['coordinator-killed', 100],
  ['journal-steps-late', 16],
  ['agent-killed-delivering', 20],
  ['uploads-broken', 3],
  ['coordinator-disk-full', 20],
])('%s, every %i-th case: the model is the undisturbed one', async (name, every) => {
  const { count, bad } = await sample(name, every)
  expect(count).toBeGreaterThan(1)
  expect(bad).toEqual([])
})
