import { runJournalTests } from '../../journal/journal-contract.ts'
import type { JournalEvent } from '../../journal/journal-event.ts'
import { runRaceTests } from '../../rounds/racing-drivers-contract.ts'
import { openTcpGate, type TcpGate } from '../../testing/tcp-gate.ts'
import { describeWithPostgres } from '../../testing/use-postgres.ts'
import type { Store } from '../store.ts'
import { openPostgresStore } from './open-postgres-store.ts'

const left = (site: string): JournalEvent => ({ kind: 'site-left', site })

describeWithPostgres('the PostgreSQL journal', ({ freshUrl, server, through }) => {
  let url: string
  const opened: { close(): Promise<void> }[] = []

  beforeEach(() => {
    url = freshUrl()
  })
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close()
  })

  const open = async (address = url): Promise<Store> => {
    const store = await openPostgresStore(address)
    opened.push(store)
    return store
  }

  runJournalTests(async () => {
    const store = await openPostgresStore(url)
    return { ...store.journal, close: () => store.close() }
  })

  runRaceTests(async (count) => {
    const stores = await Promise.all(Array.from({ length: count }, () => open()))
    return stores.map(({ journal }) => journal)
  }, 8)

  test('one coordinator hears what another has appended', async () => {
    const [here, there] = [await open(), await open()]
    const heard = new Promise((resolve) => here.journal.onAppended(resolve))
    await there.journal.append({ events: [left('a')], after: 0 })
    expect(await heard).toBe(1)
    expect(await here.journal.after(0, 10)).toMatchObject([{ seq: 1, site: 'a' }])
  })

  test('studies in different schemas of one database do not see each other', async () => {
    const [here, other] = [await open(), await open(freshUrl())]
    await other.journal.append({ events: [left('a')], after: 0 })
    expect(await here.journal.after(0, 10)).toEqual([])
  })

  test('while the database is down an append waits, and goes through when it is back', async () => {
    const { journal } = await open()
    await journal.append({ events: [left('a')], after: 0 })
    await server().kill()
    const appended = journal.append({ events: [left('b')], after: 1 })
    await server().start()
    expect(await appended).toMatchObject({ kind: 'appended', entries: [{ seq: 2, site: 'b' }] })
    expect(await journal.after(0, 10)).toMatchObject([{ site: 'a' }, { site: 'b' }])
  })

  test('whoever listens is told of what happened while the connection was lost', async () => {
    const [here, there] = [await open(), await open()]
    await there.journal.append({ events: [left('a')], after: 0 })
    await server().kill()
    await server().start()
    await there.journal.append({ events: [left('b')], after: 1 })
    const seen = new Promise<void>((resolve) => {
      here.journal.onAppended((seq) => {
        if (seq === 2) resolve()
      })
    })
    await seen
  })

  describe('behind a connection that breaks', () => {
    let gate: TcpGate
    let store: Store

    beforeEach(async () => {
      gate = await openTcpGate({ path: server().socket })
      store = await open(through(gate.port, url))
      opened.unshift(gate)
    })

    test.each(['commit', 'insert into "journal"', 'pg_notify', 'begin'])(
      'an append whose answer to %p was lost is recorded once',
      async (words) => {
        const lost = gate.dropAnswerTo(words)
        const outcome = await store.journal.append({ events: [left('a'), left('b')], after: 0 })
        await lost
        expect(outcome).toMatchObject({ kind: 'appended', entries: [{ seq: 1 }, { seq: 2 }] })
        expect(await store.journal.after(0, 10)).toMatchObject([{ site: 'a' }, { site: 'b' }])
      },
    )

    test('a coordinator that freezes in the middle of an append holds nobody up, and records nothing when it wakes', async () => {
      const study = freshUrl()
      const holder = await open(through(gate.port, study))
      const other = await open(study)
      const { token } = holder.lease.fence()!
      const frozen = gate.freezeAfter('insert into "journal"')
      const asleep = holder.journal.append({ events: [left('a')], after: 0, token })
      const wake = await frozen
      const appended = await other.journal.append({ events: [left('b')], after: 0 })
      wake()
      expect(appended).toMatchObject({ kind: 'appended', entries: [{ seq: 1, site: 'b' }] })
      expect((await asleep).kind).not.toBe('appended')
      expect(await other.journal.after(0, 10)).toMatchObject([{ site: 'b' }])
    }, 30_000)

    test('a coordinator that was cut off finds what others appended meanwhile', async () => {
      const other = await open()
      gate.cut()
      // What a new connection tells first may be older.
      const heard = new Promise<void>((resolve) => {
        store.journal.onAppended((newest) => {
          if (newest === 1) resolve()
        })
      })
      await other.journal.append({ events: [left('a')], after: 0 })
      await heard
    })
  })

  test('a journal that has lost entries a coordinator knows ends that coordinator', async () => {
    const { journal } = await open()
    await expect(journal.append({ events: [left('a')], after: 3 })).rejects.toMatchObject({
      code: 'JOURNAL_WENT_BACK',
    })
  })
})
