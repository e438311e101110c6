import { smallPlan } from '../testing/small-study.ts'
import { useCoordinators } from '../testing/run-coordinator.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import { describeStatus } from './describe-status.ts'

const folder = useStateFolder()
const start = useCoordinators()

test('the status says what the study waits for and what each site does', async () => {
  const running = await start(folder(), { plan: smallPlan({ sites: 4, quorum: 3 }) })
  const names = ['bern', 'oslo', 'rome', 'turin']
  const [bern, oslo, rome] = await Promise.all(names.map((name) => running.joined(name)))
  await oslo!.deliver(await oslo!.next('roundInvitation'))
  await rome!.request({ kind: 'roundAccepted', round: 1 })
  await bern!.request({ kind: 'roundFailed', round: 1, code: 'TRAINING_NOT_FINITE' })
  const lines = describeStatus(await running.view()).split('\n')
  expect(lines[1]).toMatch(
    /^round 1: waiting for rome, turin: 1 of 4 in, 1 in training, bern failed with TRAINING_NOT_FINITE, deadline in 10 min$/,
  )
  expect([lines[0], ...lines.slice(2)]).toEqual([
    'Study small: collecting, round 1 of 2',
    '  bern: failed (TRAINING_NOT_FINITE)',
    '  oslo: delivered',
    '  rome: trains',
    '  turin: invited',
  ])
})
