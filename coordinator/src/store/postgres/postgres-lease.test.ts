import { once } from 'node:events'
import type { JournalEvent } from '../../journal/journal-event.ts'
import { openTcpGate } from '../../testing/tcp-gate.ts'
import { describeWithPostgres } from '../../testing/use-postgres.ts'
import type { Store } from '../store.ts'
import { openPostgresStore } from './open-postgres-store.ts'
import { LEASE_MS } from './postgres-lease.ts'

const left = (site: string): JournalEvent => ({ kind: 'site-left', site })

const gains = ({ lease }: Store): Promise<void> =>
  new Promise((resolve) => {
    lease.onGained(resolve)
  })

describeWithPostgres('the PostgreSQL lease', ({ freshUrl, server, through }) => {
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

  test('one of several coordinators holds it', async () => {
    const stores = [await open(), await open(), await open()]
    expect(stores.map(({ lease }) => lease.fence()?.token)).toEqual([1, undefined, undefined])
  })

  test('a holder that stops in order is replaced at once, under a new token', async () => {
    const [first, second] = [await open(), await open()]
    const fence = first.lease.fence()!
    const gained = gains(second)
    await first.close()
    await gained
    expect(fence.signal.aborted).toBe(true)
    expect(second.lease.fence()).toMatchObject({ token: 2 })
  })

  test('facts under an outdated token are refused, and those under the newest are recorded', async () => {
    const [first, second] = [await open(), await open()]
    const gained = gains(second)
    await first.close()
    await gained
    const facts = { events: [left('a')], after: 0 }
    expect(await second.journal.append({ ...facts, token: 1 })).toEqual({ kind: 'fenced' })
    expect(await second.journal.append({ ...facts, token: 2 })).toMatchObject({ kind: 'appended' })
  })

  test(
    'a holder that is cut off gives the lease up before another one gets it',
    async () => {
      const gate = await openTcpGate({ path: server().socket })
      const first = await open(through(gate.port, url))
      const second = await open()
      const { signal } = first.lease.fence()!
      const gained = gains(second)
      gate.refuse()
      if (!signal.aborted) await once(signal, 'abort')
      expect(second.lease.fence()).toBeUndefined()
      await gained
      expect(second.lease.fence()).toMatchObject({ token: 2 })
      await gate.close()
    },
    3 * LEASE_MS,
  )

  test('a restart of the database leaves the lease where it is', async () => {
    const [first, second] = [await open(), await open()]
    const { signal } = first.lease.fence()!
    await server().kill()
    await server().start()
    await second.journal.append({ events: [left('a')], after: 0 })
    expect([signal.aborted, first.lease.fence()?.token]).toEqual([false, 1])
  })
})
