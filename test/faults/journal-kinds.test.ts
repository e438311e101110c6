import { rehearse } from './harness/journal-steps.ts'
import { kindsIn, type KillPoint } from './harness/kill-points.ts'
import { scripts, SWEPT, type ScriptName } from './harness/scripts.ts'
import { createStage } from './harness/stage.ts'

const stage = createStage(1)
afterAll(() => stage.clear())

/** The type of SWEPT names all kinds there are; it does not compile without a new one. */
test('the sweep kills the coordinator before and after it records an entry of every kind', async () => {
  const names = Object.keys(scripts) as ScriptName[]
  const rehearsed = await Promise.all(names.map((name) => rehearse(stage, name)))
  const points = rehearsed.flatMap((one) => one.points)
  const kindsAt = (how: KillPoint['how']): readonly string[] => [
    ...new Set(points.filter((point) => point.how === how).flatMap(({ name }) => kindsIn(name))),
  ]
  const every = Object.keys(SWEPT).sort()
  expect([...kindsAt('before')].sort()).toEqual(every)
  expect([...kindsAt('after')].sort()).toEqual(every)
})
