import { smallPlan } from '../testing/small-study.ts'
import { useCoordinators } from '../testing/run-coordinator.ts'
import { useStateFolder } from '../testing/state-folder.ts'

const folder = useStateFolder()
const start = useCoordinators()

const plan = (selection: 'available' | 'all') =>
  smallPlan({
    ...{ sites: 3, quorum: 2, rounds: 2 },
    cohort: {
      selection:
        selection === 'all' ? { kind: 'all' } : { kind: selection, sites: 2, overSelection: 0 },
    },
  })

test('by availability, a site without a connection is not invited until it is back', async () => {
  const running = await start(folder(), { plan: plan('available') })
  const rome = await running.joined('rome')
  await running.joined('oslo')
  rome.close()
  await running.recorded('site-away')
  const bern = await running.joined('bern')
  expect(await running.recorded('round-opened')).toMatchObject({
    invited: ['bern', 'oslo'],
    wanted: 2,
  })
  expect(await bern.next('roundInvitation')).toMatchObject({ round: 1 })
  await running.joined('rome')
  await running.recorded('site-back')
  expect(running.state().members.get('rome')).toMatchObject({ joined: true, away: false })
})

test('where all are invited, connections leave no trace in the journal', async () => {
  const running = await start(folder(), { plan: plan('all') })
  const rome = await running.joined('rome')
  rome.close()
  await running.joined('rome')
  await running.joined('oslo')
  await running.joined('bern')
  await running.recorded('round-opened')
  const kinds = running.entries.map(({ kind }) => kind)
  expect(kinds).toEqual(['site-joined', 'site-joined', 'site-joined', 'round-opened'])
})
