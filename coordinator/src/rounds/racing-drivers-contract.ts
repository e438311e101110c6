/** What holds for several drivers on one journal, whatever it is kept in. A test file calls this with a way to open it. */
import fc from 'fast-check'
import { readJournal, type Journal } from '../journal/journal.ts'
import type { JournalEntry } from '../journal/journal-event.ts'
import { smallPlan } from '../testing/small-study.ts'
import { joining, updating } from '../testing/study-decisions.ts'
import type { Lease } from '../store/lease.ts'
import { applyEvent, stateOfNewStudy } from './apply-event.ts'
import { createStudyDriver, type StudyDriver } from './study-driver.ts'
import type { StudyState } from './study-state.ts'

const DRIVERS = 4

const created = {
  kind: 'study-created',
  plan: smallPlan(),
  planSha256: 'p',
  model: { sha256: 'm0', bytes: 100, parameters: 25 },
} as const

const noLease: Lease = { fence: () => undefined, onGained: () => undefined }

const submission = fc.record({
  driver: fc.nat(DRIVERS - 1),
  site: fc.constantFrom('a', 'b', 'c', 'd'),
  decide: fc.constantFrom(joining, updating),
})

/** `open` gives as many ways to one journal, empty or with the study above; they are closed by the caller. */
export function runRaceTests(
  open: (count: number) => Promise<readonly Journal[]>,
  numRuns = 25,
): void {
  test('make one gapless sequence and equal states when they race', async () => {
    const journals = await open(DRIVERS)
    await journals[0]!.append({ events: [created], after: 0 })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(submission, { maxLength: 40 }), async (submissions) => {
        run += 1
        const before = fold(await entriesOf(journals[0]!))
        const drivers = await Promise.all(journals.map((journal) => startDriver(journal, before)))
        await Promise.all(
          submissions.map(({ driver, site, decide }) =>
            drivers[driver]!.submit(decide(`${site}${run}`)),
          ),
        )
        const entries = await entriesOf(journals[0]!)
        expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1))
        expect(twiceJoined(entries)).toEqual([])
        for (const driver of drivers) {
          await untilKnown(driver, entries.length)
          expect(driver.state()).toEqual(fold(entries))
          await driver.stop()
        }
      }),
      { numRuns },
    )
  })

  runLateTests(open)
}

function runLateTests(open: (count: number) => Promise<readonly Journal[]>): void {
  describe('one that no notice has reached', () => {
    let ahead: StudyDriver
    let behind: StudyDriver

    beforeEach(async () => {
      const [theirs, mine] = await open(2)
      await theirs!.append({ events: [created], after: 0 })
      const before = fold(await entriesOf(theirs!))
      ahead = await startDriver(theirs!, before)
      behind = await startDriver({ ...mine!, onAppended: () => () => undefined }, before)
      await ahead.submit(joining('oslo'))
      expect(behind.state().seq).toBe(before.seq)
    })
    afterEach(async () => {
      await ahead.stop()
      await behind.stop()
    })

    test('knows what others recorded once it has caught up', async () => {
      await behind.catchUp()
      expect(behind.state()).toEqual(ahead.state())
    })

    test('takes nothing for done before it has caught up', async () => {
      await behind.submit(({ members }) =>
        members.has('oslo') ? [{ kind: 'site-left', site: 'oslo' }] : [],
      )
      expect(behind.state().members.get('oslo')).toMatchObject({ joined: false })
    })

    test('refuses nothing before it has caught up', async () => {
      await behind.submit(({ members }) => {
        if (!members.has('oslo')) throw new Error('nobody of that name')
        return [{ kind: 'site-left', site: 'oslo' }]
      })
      const refused = behind.submit(({ members }) => {
        if (!members.has('bern')) throw new Error('nobody of that name')
        return []
      })
      await expect(refused).rejects.toThrow('nobody of that name')
      expect(behind.state().members.get('oslo')).toMatchObject({ joined: false })
    })
  })
}

async function startDriver(journal: Journal, state: StudyState): Promise<StudyDriver> {
  const driver = createStudyDriver({
    journal,
    lease: noLease,
    state,
    perform: () => undefined,
    onFatal: (error) => {
      throw error
    },
  })
  await driver.start()
  return driver
}

async function entriesOf(journal: Journal): Promise<readonly JournalEntry[]> {
  const all: JournalEntry[] = []
  for await (const entry of readJournal(journal)) all.push(entry)
  return all
}

const fold = (entries: readonly JournalEntry[]): StudyState =>
  entries.slice(1).reduce(applyEvent, stateOfNewStudy(created))

function untilKnown(driver: StudyDriver, seq: number): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (driver.state().seq < seq) return
      stop()
      resolve()
    }
    const stop = driver.onEntry(check)
    check()
  })
}

function twiceJoined(entries: readonly JournalEntry[]): readonly string[] {
  const joins = entries.flatMap((entry) => (entry.kind === 'site-joined' ? [entry.site] : []))
  return joins.filter((site, i) => joins.indexOf(site) !== i)
}
