import fc from 'fast-check'
import type { Journal } from '../journal/journal.ts'
import { readJournal } from '../journal/journal.ts'
import type { JournalEntry, JournalEvent } from '../journal/journal-event.ts'
import { openSqliteJournal } from '../journal/sqlite-journal.ts'
import { createSoleLease, type Fence, type Lease } from '../store/lease.ts'
import { smallPlan } from '../testing/small-study.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import { applyEvent, stateOfNewStudy } from './apply-event.ts'
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

const joining =
  (site: string) =>
  ({ members }: StudyState): readonly JournalEvent[] =>
    members.has(site)
      ? []
      : [
          {
            kind: 'site-joined',
            ...{ site, instanceSha256: site, imagesBucket: 1, agentVersion: '1' },
          },
        ]

const updating =
  (site: string) =>
  ({ phase }: StudyState): readonly JournalEvent[] => {
    if (phase.kind !== 'collecting') return []
    const { round, invited, updates } = phase.round
    if (!invited.includes(site) || updates.some((update) => update.site === site)) return []
    const record = { sha256: `u-${site}`, bytes: 1, samples: 1, meanLoss: 1, steps: 1 }
    return [{ kind: 'update-spooled', round, site, ...record }]
  }

async function entries(): Promise<readonly JournalEntry[]> {
  const all: JournalEntry[] = []
  for await (const entry of readJournal(journal)) all.push(entry)
  return all
}

const work = fc.record({
  driver: fc.nat(3),
  site: fc.constantFrom('a', 'b', 'c', 'd'),
  decide: fc.constantFrom(joining, updating),
})

test('drivers that race on one journal make one gapless sequence and equal states', async () => {
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(work, { maxLength: 40 }), async (submissions) => {
      runs += 1
      const before = (await entries()).slice(1).reduce(applyEvent, created)
      const members = await Promise.all([0, 1, 2, 3].map(() => member(noLease, before)))
      await Promise.all(
        submissions.map(({ driver, site, decide }) =>
          members[driver]!.driver.submit(decide(`${site}${runs}`)),
        ),
      )
      const all = await entries()
      expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1))
      await Promise.all(members.map((each) => each.knows(all.length)))
      const folded = all.slice(1).reduce(applyEvent, created)
      for (const { driver } of members) {
        expect(driver.state()).toEqual(folded)
        await driver.stop()
      }
      const joins = all.flatMap((entry) => (entry.kind === 'site-joined' ? [entry.site] : []))
      expect(new Set(joins).size).toBe(joins.length)
    }),
    { numRuns: 25 },
  )
})

test('messages to sites are sent by every coordinator, exclusive work is done by the holder alone', async () => {
  const holder = await member(createSoleLease())
  const other = await member()
  for (const site of ['a', 'b', 'c']) await other.driver.submit(joining(site))
  for (const site of ['a', 'b', 'c']) await other.driver.submit(updating(site))
  await holder.knows(9)
  expect(other.effects).toEqual(['start-deadline', 'invite'])
  expect(holder.effects).toEqual(['start-deadline', 'invite', 'average'])
})

test('a coordinator that gets the lease takes up the duties, once', async () => {
  const first = await member()
  for (const site of ['a', 'b', 'c']) await first.driver.submit(joining(site))
  for (const site of ['a', 'b', 'c']) await first.driver.submit(updating(site))
  const lease = leaseToGive()
  const late = await member(lease)
  expect(late.effects).toEqual(['start-deadline', 'invite'])
  lease.give()
  expect(late.driver.fence()).toBeUndefined()
  await late.driver.submit(() => [])
  expect(late.effects).toEqual(['start-deadline', 'invite', 'average'])
  expect(late.driver.fence()).toMatchObject({ token: 2 })
})
