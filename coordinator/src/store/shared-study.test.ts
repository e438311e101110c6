import { readdirSync } from 'node:fs'
import { once, type EventEmitter } from 'node:events'
import { join } from 'node:path'
import type { Frames } from '@consilium/proto'
import { sha256 } from '@consilium/weights'
import type { Socket } from 'socket.io-client'
import { sendOrder } from '../cli/control.ts'
import type { JournalEntry } from '../journal/journal-event.ts'
import type { Order } from '../rounds/control-study.ts'
import { startS3Server, type S3Server } from '../testing/s3-server.ts'
import { smallPlan } from '../testing/small-study.ts'
import { useCoordinators, type Running } from '../testing/run-coordinator.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import { describeWithPostgres } from '../testing/use-postgres.ts'

const folder = useStateFolder()
const start = useCoordinators()
const NAMES = ['oslo', 'bern', 'rome', 'kiel']

/** The study on one coordinator and its own disk. */
async function modelOfOne(): Promise<string> {
  const running = await start(join(folder(), 'alone'), { plan: smallPlan({ sites: 4 }) })
  const releases = await Promise.all(NAMES.map((name) => running.site(name).takePart()))
  return releases[0]!.modelSha256
}

/** The next ones that an observer hears. */
function entriesFor(observer: Socket, count: number): Promise<readonly JournalEntry[]> {
  const heard: JournalEntry[] = []
  return new Promise((resolve) => {
    observer.on('event', (entry: JournalEntry) => {
      heard.push(entry)
      if (heard.length === count) resolve(heard)
    })
  })
}

describeWithPostgres('a study in PostgreSQL with its blobs in S3', (postgres) => {
  let s3: S3Server
  beforeAll(async () => {
    s3 = await startS3Server()
  })
  afterAll(() => s3.close())
  beforeEach(() => {
    Object.assign(process.env, s3.env)
  })
  afterEach(() => {
    for (const name of Object.keys(s3.env)) Reflect.deleteProperty(process.env, name)
    s3.objects.clear()
  })

  const replica = (name: string, store: string, plan = smallPlan({ sites: 4 })): Promise<Running> =>
    start(join(folder(), name), { store, blobs: 's3://studies/one', plan })

  test('ends with the model that one coordinator makes with its own disk', async () => {
    const running = await replica('first', postgres.freshUrl())
    const releases = await Promise.all(NAMES.map((name) => running.site(name).takePart()))
    expect(releases[0]!.modelSha256).toBe(await modelOfOne())
  })

  test('goes on where another machine takes it up, with nothing but the two addresses', async () => {
    const store = postgres.freshUrl()
    const first = await replica('first', store)
    const sites = await Promise.all(NAMES.map((name) => first.joined(name)))
    for (const site of sites) await site.deliver(await site.next('roundInvitation'))
    await first.recorded('round-committed')
    await first.close()
    const second = await start(join(folder(), 'second'), {
      ...{ store, blobs: 's3://studies/one', plan: undefined, joinToken: undefined },
    })
    const releases = await Promise.all(NAMES.map((name) => second.site(name).takePart()))
    expect(releases[0]!.modelSha256).toBe(await modelOfOne())
    expect(readdirSync(join(folder(), 'second'))).not.toContain('journal.sqlite')
  })

  test('coordinators that are started at once make one study, with one join token', async () => {
    const store = postgres.freshUrl()
    const choice = { store, blobs: 's3://studies/one', joinToken: undefined }
    const all = await Promise.all(NAMES.map((name) => start(join(folder(), name), choice)))
    expect(new Set(all.map(({ joinToken }) => joinToken)).size).toBe(1)
    expect(all.map(({ state }) => state().seq)).toEqual([1, 1, 1, 1])
    expect(new Set(all.map(({ state }) => state().model.sha256)).size).toBe(1)
  })

  test.each([1, 2] as const)(
    'runs on two coordinators, whichever of them a request reaches (protocol %d)',
    async (protocol) => {
      const store = postgres.freshUrl()
      const both = [await replica('first', store), await replica('second', store)] as const
      const balanced = both.map(({ url }) => url)
      const releases = await Promise.all(
        NAMES.map((name, i) => both[i % 2]!.site(name, { balanced, protocol }).takePart()),
      )
      expect(releases[0]!.modelSha256).toBe(await modelOfOne())
      expect(both[1].entries).toEqual(both[0].entries)
    },
  )

  test('an update that is committed at two coordinators at once counts once', async () => {
    const store = postgres.freshUrl()
    const plan = smallPlan({ sites: 1, quorum: 1, rounds: 1 })
    const both = [
      await replica('first', store, plan),
      await replica('second', store, plan),
    ] as const
    const balanced = both.map(({ url }) => url)
    const before = await both[0].joined('oslo', { balanced })
    const invitation = await before.next('roundInvitation')
    const update = before.updateFor(await before.download(invitation.baseSha256), 1)
    await before.request(before.offerOf(invitation, update))
    const after = await both[1].joined('oslo', { balanced })
    const offer = after.offerOf(invitation, update)
    const total = update.length
    const { missingChunks } = (await after.request(offer)) as Frames['updateDecision']
    for (const from of missingChunks.map((index) => index * offer.chunkBytes)) {
      const place = { from, total, digest: offer.updateSha256 }
      await after.put(after.partAt(update, from), place)
    }
    const commit = { kind: 'updateCommit', round: 1, updateSha256: offer.updateSha256 } as const
    const answers = await Promise.all([after.request(commit), after.request(commit)])
    expect(answers.map(({ kind }) => kind)).toContain('updateAck')
    await both[0].recorded('study-released')
    expect(both[0].entries.filter(({ kind }) => kind === 'update-spooled')).toHaveLength(1)
  })

  test('a site that comes back at another coordinator is nobody at the first', async () => {
    const store = postgres.freshUrl()
    const [first, second] = [await replica('first', store), await replica('second', store)]
    const before = await first.joined('oslo')
    const ended = once(before.socket as unknown as EventEmitter, 'disconnect')
    const after = await second.joined('oslo')
    await ended
    const statusAt = async (url: string, { authorization }: { authorization: string }) =>
      (await fetch(`${url}/v1/blobs/${sha256('')}`, { headers: { authorization } })).status
    expect(await statusAt(first.url, before.authorization)).toBe(401)
    expect(await statusAt(first.url, after.authorization)).toBe(404)
  })

  test('an order may be given to any coordinator, and holds at all of them', async () => {
    const store = postgres.freshUrl()
    const plan = smallPlan({ sites: 1, quorum: 1, rounds: 1 })
    const [first, second] = [
      await replica('first', store, plan),
      await replica('second', store, plan),
    ]
    const order = ({ url }: Running, given: Order) => sendOrder({ coordinator: url, store }, given)
    const oslo = first.site('oslo')
    expect(await order(second, { kind: 'pause' })).toMatchObject({ changed: true })
    expect(await order(first, { kind: 'pause' })).toMatchObject({ changed: false })
    await oslo.join()
    expect(await order(second, { kind: 'resume' })).toMatchObject({ changed: true })
    await oslo.next('roundInvitation')
    await order(second, { kind: 'extend', rounds: 2, deadlineMs: 7_200_000 })
    await first.recorded('study-extended', 2)
    for (const { wait, roundsPlanned } of [await first.view(), await second.view()])
      expect([roundsPlanned, wait]).toEqual([2, expect.stringContaining('deadline in 2 h')])
    await order(second, { kind: 'stop', afterRound: false })
    await first.recorded('study-aborted')
    expect((await first.view()).wait).toBe((await second.view()).wait)
  })

  test('whoever watches goes on at another coordinator behind the last entry they have', async () => {
    const store = postgres.freshUrl()
    const [first, second] = [await replica('first', store), await replica('second', store)]
    await second.joined('oslo')
    const observer = first.observer()
    const seen = await entriesFor(observer, 2)
    expect(seen).toMatchObject([{ kind: 'study-created' }, { site: 'oslo' }])
    observer.close()
    await first.joined('bern')
    const after = seen.at(-1)!.seq
    const rest = entriesFor(second.observer({ after }), 2)
    await first.joined('rome')
    expect(await rest).toMatchObject([
      { seq: after + 1, site: 'bern' },
      { seq: after + 2, site: 'rome' },
    ])
    const events = (await fetch(`${second.url}/v1/events?after=${after}`)).json()
    expect(await events).toEqual({ events: await rest })
  })

  test('by availability, a site that moves to another coordinator is there and is invited', async () => {
    const store = postgres.freshUrl()
    const selection = { kind: 'available', sites: 2, overSelection: 0 } as const
    const plan = smallPlan({ sites: 2, cohort: { selection } })
    const [first, second] = [
      await replica('first', store, plan),
      await replica('second', store, plan),
    ]
    await first.joined('rome')
    const rome = await second.joined('rome')
    await first.recorded('site-back')
    await first.joined('oslo')
    expect(await first.recorded('round-opened')).toMatchObject({ invited: ['oslo', 'rome'] })
    expect(await rome.next('roundInvitation')).toMatchObject({ round: 1 })
  })

  test('every coordinator shows a site as connected, until the one that it is connected to ends', async () => {
    const store = postgres.freshUrl()
    const [first, second] = [await replica('first', store), await replica('second', store)]
    const [oslo] = [await first.joined('oslo'), await second.joined('bern')]
    const untilShown = async (...connected: readonly string[]): Promise<void> => {
      const isSo = async (): Promise<boolean> =>
        (await second.view()).sites.every((s) => s.connected === connected.includes(s.site))
      while (!(await isSo()));
    }
    await untilShown('oslo', 'bern')
    oslo.close()
    await first.close()
    await untilShown('bern')
  }, 20_000)

  test('keeps no update once its round is committed', async () => {
    const running = await replica('first', postgres.freshUrl(), smallPlan({ sites: 1, quorum: 1 }))
    await running.site('oslo').takePart()
    const { models } = (await (await fetch(`${running.url}/v1/models`)).json()) as {
      models: { sha256: string }[]
    }
    const kept = models.map(({ sha256 }) => `studies/one/sha256/${sha256}`)
    await running.recorded('study-released')
    expect([...s3.objects.keys()].sort()).toEqual(kept.sort())
  })

  test('an operator reads the token from the database', async () => {
    const store = postgres.freshUrl()
    const running = await replica('first', store)
    const order = sendOrder({ coordinator: running.url, store }, { kind: 'pause' })
    await expect(order).resolves.toMatchObject({ changed: true })
    const elsewhere = { coordinator: running.url, store: postgres.freshUrl() }
    await expect(sendOrder(elsewhere, { kind: 'pause' })).rejects.toMatchObject({
      code: 'OPERATOR_TOKEN_MISSING',
    })
  })

  test('STATE_NO_STUDY: a database without a study needs a plan', async () => {
    const started = start(folder(), { store: postgres.freshUrl(), plan: undefined })
    await expect(started).rejects.toMatchObject({
      code: 'STATE_NO_STUDY',
      message: expect.stringContaining('no study in the database') as unknown,
    })
  })
})
