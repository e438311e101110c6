import { faults } from './harness/faults.ts'
import { runFaults } from './harness/run-faults.ts'

const named = (name: string) => faults.filter((fault) => fault.name === name)

/** The whole sweep is `npm run test:faults`; this is a sample of it. */
test('a coordinator killed at operations on its disk, and started again, releases the undisturbed model', async () => {
  const cases = await runFaults({
    faults: named('coordinator-killed'),
    ...{ seed: 1, every: 23 },
    say: () => undefined,
    clock: () => performance.now(),
  })
  expect(cases.length).toBeGreaterThan(4)
  expect(cases.map(({ where, outcome }) => [where, outcome])).toEqual(
    cases.map(({ where }) => [where, 'byte-identical']),
  )
})
