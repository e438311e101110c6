import type { Journal } from '../journal/journal.ts'
import { openSqliteJournal } from '../journal/sqlite-journal.ts'
import { createSoleLease, type Fence, type Lease } from '../store/lease.ts'
import { smallPlan } from '../testing/small-study.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import { joining, updating } from '../testing/study-decisions.ts'
import { runRaceTests } from './racing-drivers-contract.ts'
import { stateOfNewStudy } from './apply-event.ts'
import type { PerformedEffect } from './effect-scope.ts'
import { createStudyDriver, type StudyDriver } from './study-driver.ts'
import type { StudyState } from './study-state.ts'

const folder = useStateFolder()
const model = { sha256: 'm0', bytes: 100, parameters: 25 }

interface Member {
  readonly driver: StudyDriver
  readonly effects: PerformedEffect['kind'][]
  /** Resolves when the driver knows the entry. */
  knows(seq: number): Promise<void>
}

let journal: Journal
let created: StudyState

beforeEach(async () => {
  journal = openSqliteJournal(folder(), () => new Date())
  const event = { kind: 'study-created', plan: smallPlan(), planSha256: 'p', model } as const
  await journal.append({ events: [event], after: 0 })
  created = stateOfNewStudy(event)
})
afterEach(() => journal.close())

const noLease: Lease = { fence: () => undefined, onGained: () => undefined }

/** Held once it is given. */
function leaseToGive(): Lease & { give(): void } {
  let fence: Fence | undefined
  let gained = (): void => undefined
  return {
    fence: () => fence,
    onGained: (listener) => (gained = listener),
    give() {
      fence = { token: 2, signal: new AbortController().signal }
      gained()
    },
  }
}

/** One of several coordinators on the journal. */
async function member(lease: Lease = noLease, state = created): Promise<Member> {
  const effects: PerformedEffect['kind'][] = []
  const driver = createStudyDriver({
    journal,
    lease,
    state,
    perform: ({ kind }) => effects.push(kind),
    onFatal: (error) => {
      throw error
    },
  })
  await driver.start()
  return {
    driver,
    effects,
    knows: (seq) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (driver.state().seq < seq) return
          stop()
          resolve()
        }
        const stop = driver.onEntry(check)
        check()
      }),
  }
}

describe('drivers that share one SQLite journal', () => {
  runRaceTests((count) => Promise.resolve(Array.from({ length: count }, () => journal)))
})

test('messages to sites are sent by every coordinator, exclusive work is done by the holder alone', async () => {
  const holder = await member(createSoleLease())
  const other = await member()
  for (const site of ['a', 'b', 'c']) await other.driver.submit(joining(site))
  for (const site of ['a', 'b', 'c']) await other.driver.submit(updating(site))
  await holder.knows(9)
  expect(other.effects).toEqual(['start-deadline', 'invite', 'stop-deadline'])
  expect(holder.effects).toEqual(['start-deadline', 'invite', 'stop-deadline', 'fold'])
})

test('a coordinator that gets the lease takes up the duties, once', async () => {
  const first = await member()
  for (const site of ['a', 'b', 'c']) await first.driver.submit(joining(site))
  for (const site of ['a', 'b', 'c']) await first.driver.submit(updating(site))
  const lease = leaseToGive()
  const late = await member(lease)
  expect(late.effects).toEqual(['start-deadline', 'invite', 'stop-deadline'])
  lease.give()
  expect(late.driver.fence()).toBeUndefined()
  await late.driver.submit(() => [])
  expect(late.effects).toEqual(['start-deadline', 'invite', 'stop-deadline', 'fold'])
  expect(late.driver.fence()).toMatchObject({ token: 2 })
})
