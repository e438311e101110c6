import { EventEmitter, once } from 'node:events'
import { openSqliteJournal } from '../journal/sqlite-journal.ts'
import { stateOfNewStudy } from '../rounds/apply-event.ts'
import { createStudyDriver } from '../rounds/study-driver.ts'
import { createSoleLease } from '../store/lease.ts'
import { useCoordinators } from '../testing/run-coordinator.ts'
import { smallPlan } from '../testing/small-study.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import { joining } from '../testing/study-decisions.ts'
import type { SitePresence } from './live-sites.ts'
import { createPresenceRecorder } from './presence-recorder.ts'

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

/** A study that these have joined; `called`: those who were called away, once there are so many. */
async function studyOf(...sites: readonly string[]) {
  const journal = openSqliteJournal(folder(), () => new Date())
  const created = {
    kind: 'study-created',
    plan: plan('available'),
    planSha256: 'p',
    model: { sha256: 'm0', bytes: 100, parameters: 25 },
  } as const
  await journal.append({ events: [created], after: 0 })
  const driver = createStudyDriver({
    ...{ journal, lease: createSoleLease(), state: stateOfNewStudy(created) },
    perform: () => undefined,
    onFatal: (error) => {
      throw error
    },
  })
  const away: string[] = []
  const changed = new EventEmitter<{ away: [] }>()
  driver.onEntry((entry) => {
    if (entry.kind === 'site-away') away.push(entry.site)
    changed.emit('away')
  })
  await driver.start()
  for (const site of sites) await driver.submit(joining(site))
  const called = async (count: number): Promise<readonly string[]> => {
    while (away.length < count) await once(changed, 'away')
    return away
  }
  return { driver, journal, called }
}

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

test('the coordinator with the lease calls a site away that is connected to none', async () => {
  const elsewhere = new Set(['bern'])
  const { driver, journal, called } = await studyOf('oslo', 'bern', 'rome')
  const presenceOf = (site: string): SitePresence => ({
    connected: site === 'oslo',
    secondsSinceSeen: undefined,
    progress: undefined,
  })
  const recorder = createPresenceRecorder({
    ...{ driver, live: { presenceOf }, returnMs: 10 },
    connections: { elsewhere: () => elsewhere },
  })
  expect(await called(1)).toEqual(['rome'])
  elsewhere.clear()
  expect(await called(2)).toEqual(['rome', 'bern'])
  recorder.close()
  await driver.stop()
  await journal.close()
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
