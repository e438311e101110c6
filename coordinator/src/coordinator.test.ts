import { appendFileSync, cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { StudyPlan } from '@consilium/study'
import { decodeSafetensors, encodeSafetensors, sha256, type NamedArray } from '@consilium/weights'
import Database from 'better-sqlite3'
import { MAX_SITES } from './admission/check-join.ts'
import type { JournalEntry } from './journal/journal-event.ts'
import { JOURNAL_FILE } from './journal/sqlite-journal.ts'
import type { Manifest } from './registry/manifest.ts'
import { smallPlan, smallWeights } from './testing/small-study.ts'
import { useCoordinators } from './testing/run-coordinator.ts'
import { useStateFolder } from './testing/state-folder.ts'

const folder = useStateFolder()
const start = useCoordinators()

test('three sites carry a study from joining to the release', async () => {
  const running = await start(folder())
  const releases = await Promise.all(
    ['oslo', 'bern', 'rome'].map((name, i) =>
      running.site(name).takePart({ samples: 10 * (i + 1) }),
    ),
  )
  const { sha256: released } = (await running.recorded('study-released')).model
  expect(releases.map((release) => release.modelSha256)).toEqual([released, released, released])
  const view = await running.view()
  expect(view).toMatchObject({ state: 'finished', round: 2, release: { sha256: released } })
  expect(view.wait).toBe('finished after 2 rounds: the backbone is released')
  expect(view.rounds.map((round) => round.status)).toEqual(['committed', 'committed'])
  expect(view.sites.map((site) => [site.site, site.connected])).toEqual([
    ['bern', true],
    ['oslo', true],
    ['rome', true],
  ])
})

test('the release is the backbone alone, and every model names what it was made from', async () => {
  const running = await start(folder(), { plan: smallPlan({ sites: 2, rounds: 1 }) })
  const [release] = await Promise.all([
    running.site('oslo').takePart({ samples: 30 }),
    running.site('bern').takePart({ samples: 10 }),
  ])
  const visitor = await running.joined('rome')
  expect(await visitor.next('release')).toEqual(release)
  const file = await visitor.download(release.modelSha256)
  expect([...file.keys()]).toEqual(['backbone/norm/gain', 'backbone/stem/kernel'])

  const { models } = (await (await visitor.get('/v1/models')).json()) as { models: Manifest[] }
  const [initial, round, last] = models
  expect(models.map((model) => [model.kind, model.parameters])).toEqual([
    ['initial', 26],
    ['round', 26],
    ['release', 20],
  ])
  expect(round).toMatchObject({
    parent: initial!.sha256,
    contributors: [
      { site: 'bern', weight: 0.25, samples: 10 },
      { site: 'oslo', weight: 0.75, samples: 30 },
    ],
  })
  expect(last).toMatchObject({ parent: round!.sha256, sites: ['bern', 'oslo'], rounds: 1 })
  expect(JSON.parse(release.manifestJson)).toEqual(last)
  const manifest = await visitor.get(`/v1/models/${release.modelSha256}/manifest`)
  expect(await manifest.json()).toEqual(last)
})

test('bytes on the wire are counted by parameter in each direction', async () => {
  const running = await start(folder(), { plan: smallPlan({ sites: 2, rounds: 1 }) })
  const oslo = running.site('oslo')
  await Promise.all([oslo.takePart(), running.site('bern').takePart()])
  const { model } = await running.view()
  const { wire } = await running.view()
  expect(wire).toMatchObject({
    updates: 2,
    downloads: 2,
    parameters: 26,
    bytesUp: 2 * model.bytes,
    bytesDown: 2 * model.bytes,
  })
  expect(wire.bytesPerParameterUp).toBeCloseTo(model.bytes / 26, 12)
  expect(wire.bytesPerParameterDown).toBeCloseTo(model.bytes / 26, 12)
})

/** Plays the study to its end on whatever state `state` holds. */
async function finish(state: string): Promise<string> {
  const running = await start(state, { plan: undefined })
  const sites = ['oslo', 'bern'].map((name) => running.site(name))
  const [release] = await Promise.all(sites.map((site) => site.takePart()))
  for (const site of sites) site.close()
  await running.close()
  return release!.modelSha256
}

test('a coordinator that dies after any fact it recorded ends with the same model', async () => {
  const state = join(folder(), 'state')
  const deaths: string[] = []
  const running = await start(state, {
    plan: smallPlan({ sites: 2, rounds: 2 }),
    onEntry: ({ seq }) => {
      const copy = join(folder(), `dead-after-${seq}`)
      cpSync(state, copy, { recursive: true })
      deaths.push(copy)
    },
  })
  const [release] = await Promise.all([
    running.site('oslo').takePart(),
    running.site('bern').takePart(),
  ])
  await running.close()
  expect(deaths.length).toBeGreaterThanOrEqual(14)
  for (const dead of deaths) expect(await finish(dead)).toBe(release.modelSha256)
}, 120_000)

test('a coordinator that dies between fold and commit commits what it had, without its updates', async () => {
  const state = join(folder(), 'state')
  const dead = join(folder(), 'dead')
  const running = await start(state, {
    plan: smallPlan({ sites: 2, rounds: 1 }),
    onEntry: ({ kind }) => {
      if (kind === 'round-folded') cpSync(state, dead, { recursive: true })
    },
  })
  const sites = [running.site('oslo'), running.site('bern')]
  const [release] = await Promise.all(sites.map((site) => site.takePart()))
  const { seq } = await running.recorded('round-folded')
  await running.close()
  const database = new Database(join(dead, JOURNAL_FILE))
  database.prepare('DELETE FROM journal WHERE seq > ?').run(seq)
  database.close()
  rmSync(join(dead, 'spool'), { recursive: true, force: true })
  for (const entry of running.entries) {
    if (entry.kind !== 'update-spooled') continue
    const { sha256: digest } = entry
    rmSync(join(dead, 'blobs', 'sha256', digest.slice(0, 2), digest), { force: true })
  }
  const again = await start(dead, { plan: undefined })
  expect(await again.recorded('round-committed')).toMatchObject({ seq: seq + 1 })
  expect((await again.recorded('study-released')).model.sha256).toBe(release!.modelSha256)
})

test('a site killed in mid-round is named as missing when the round closes at its deadline', async () => {
  const plan = smallPlan({ rounds: 1, deadlineSeconds: 1 })
  const running = await start(folder(), { plan })
  const lost = await running.joined('rome')
  const staying = [running.site('oslo').takePart(), running.site('bern').takePart()]
  await lost.next('roundInvitation')
  lost.close()
  await Promise.all(staying)
  expect(await running.recorded('round-closed')).toMatchObject({
    reason: 'deadline',
    contributors: ['bern', 'oslo'],
    missing: ['rome'],
  })
})

test('a site that comes back within the round hears of it again and delivers', async () => {
  const running = await start(folder())
  const first = await running.joined('rome')
  await running.joined('oslo')
  await running.joined('bern')
  const invitation = await first.next('roundInvitation')
  first.close()
  const again = await running.joined('rome')
  expect(await again.next('roundInvitation')).toMatchObject({
    round: 1,
    baseSha256: invitation.baseSha256,
  })
  expect(await again.deliver(invitation)).toMatchObject({ kind: 'updateAck', round: 1 })
})

test('when too many sites fail the study aborts, everybody is told, and nobody is let in', async () => {
  const running = await start(folder())
  const sites = await Promise.all(['oslo', 'bern', 'rome'].map((name) => running.joined(name)))
  const fail = { kind: 'roundFailed', round: 1, code: 'TRAINING_NOT_FINITE' } as const
  for (const site of sites.slice(0, 2)) expect(await site.request(fail)).toEqual({ kind: 'done' })
  for (const site of sites) {
    expect(await site.next('error')).toMatchObject({
      code: 'STUDY_ABORTED',
      retryable: false,
      message: expect.stringContaining('STUDY_QUORUM_IMPOSSIBLE') as unknown,
    })
  }
  expect(await running.site('lima').join()).toMatchObject({ code: 'STUDY_ABORTED' })
  expect(await running.view()).toMatchObject({
    state: 'aborted',
    aborted: { code: 'STUDY_QUORUM_IMPOSSIBLE' },
  })
})

test('a server that steps beyond float32 aborts the study instead of making a broken model', async () => {
  const plan: StudyPlan = {
    ...smallPlan({ sites: 1, quorum: 1 }),
    aggregation: { rule: 'fedavgm', weighting: 'samples', serverLearningRate: 1e37, momentum: 0 },
  }
  const running = await start(folder(), { plan })
  const oslo = await running.joined('oslo')
  const huge = [...smallWeights()].map(([name, { shape, data }]): [string, NamedArray] => [
    name,
    { shape, data: data.map(() => 30) },
  ])
  const bytes = encodeSafetensors(new Map(huge))
  for (let round = 1; round <= 2; round += 1) {
    await oslo.deliver(await oslo.next('roundInvitation'), { bytes })
  }
  expect(await oslo.next('error')).toMatchObject({ code: 'STUDY_ABORTED' })
  expect(await running.view()).toMatchObject({
    state: 'aborted',
    aborted: { code: 'AVERAGE_NOT_FINITE' },
    rounds: [{ round: 1, status: 'committed' }],
  })
})

test('a spooled update that changed on disk is asked for again; no model is made of it', async () => {
  const running = await start(folder(), { plan: smallPlan({ sites: 2, rounds: 1 }) })
  const oslo = await running.joined('oslo')
  const bern = await running.joined('bern')
  const invitation = await oslo.next('roundInvitation')
  await oslo.deliver(invitation)
  const { sha256 } = await running.recorded('update-spooled')
  appendFileSync(join(folder(), 'blobs', 'sha256', sha256.slice(0, 2), sha256), 'x')
  await bern.deliver(invitation)
  expect(await running.recorded('updates-lost')).toMatchObject({ sites: ['oslo'] })
  expect(running.state().rounds).toEqual([])
  await oslo.deliver(await oslo.next('roundInvitation'))
  await running.recorded('study-released')
  expect(running.state().rounds).toHaveLength(1)
})

test('an observer gets the journal from its cursor on, without gaps, then live', async () => {
  const running = await start(folder())
  await running.joined('oslo')
  const observer = running.observer({ after: 1 })
  const seen: JournalEntry[] = []
  const four = new Promise<void>((resolve) => {
    observer.on('event', (entry: JournalEntry) => {
      if (seen.push(entry) === 4) resolve()
    })
  })
  await running.joined('bern')
  await running.joined('rome')
  await four
  expect(seen.map(({ seq, kind }) => [seq, kind])).toEqual([
    [2, 'site-joined'],
    [3, 'site-joined'],
    [4, 'site-joined'],
    [5, 'round-opened'],
  ])
  expect((await running.view()).seq).toBe(5)
  const { events } = (await (await fetch(`${running.url}/v1/events?after=3`)).json()) as {
    events: JournalEntry[]
  }
  expect(events.map(({ seq, kind }) => [seq, kind])).toEqual([
    [4, 'site-joined'],
    [5, 'round-opened'],
  ])
})

test('progress of a site reaches the observers and the view', async () => {
  const running = await start(folder(), { plan: smallPlan({ sites: 2 }) })
  const oslo = await running.joined('oslo')
  await running.joined('bern')
  const observer = running.observer()
  let heard: unknown
  observer.on('progress', (report: unknown) => (heard = report))
  const progress = { round: 1, step: 3, steps: 9, loss: 1.5, imagesPerSecond: 64 }
  // Progress is sent to whom it reaches at once, so a report may be lost: a site sends them all the time.
  while (heard === undefined) await oslo.request({ kind: 'progress', ...progress })
  expect(heard).toEqual({ site: 'oslo', ...progress })
  expect((await running.view()).sites[1]).toMatchObject({ site: 'oslo', progress })
})

test('a study keeps its plan and its initial weights', async () => {
  await (await start(folder())).close()
  await expect(start(folder(), { plan: smallPlan({ rounds: 9 }) })).rejects.toMatchObject({
    code: 'STUDY_DIFFERS',
  })
  const initial = new Map(smallWeights())
  initial.set('backbone/norm/gain', { shape: [2], data: new Float32Array([5, 6]) })
  await expect(start(folder(), { initial })).rejects.toMatchObject({ code: 'STUDY_DIFFERS' })
  expect((await start(folder(), { plan: undefined, initial: smallWeights() })).url).toMatch(/^http/)
})

test('a plan for more sites than a coordinator can take is refused when the study is made', async () => {
  const plan = smallPlan({ sites: MAX_SITES + 1 })
  await expect(start(folder(), { plan })).rejects.toMatchObject({
    code: 'STUDY_INVALID_PLAN',
    message: expect.stringContaining('cohort.sites') as unknown,
  })
})

test('weights to start from must fit the plan', async () => {
  const initial = new Map([['w', { shape: [1], data: new Float32Array(1) }]])
  await expect(start(folder(), { initial })).rejects.toMatchObject({ code: 'WEIGHTS_MISMATCH' })
})

test('a second coordinator on the same state folder is refused', async () => {
  await start(folder())
  await expect(start(folder())).rejects.toMatchObject({
    code: 'STATE_FOLDER_IN_USE',
    message: expect.stringContaining(folder()) as unknown,
  })
})

test('a folder without a study is not touched unless there is a plan', async () => {
  const state = join(folder(), 'none')
  await expect(start(state, { plan: undefined })).rejects.toMatchObject({ code: 'STATE_NO_STUDY' })
  expect(() => {
    cpSync(state, join(folder(), 'copy'))
  }).toThrow('ENOENT')
})

test('an address other machines can reach needs a word about the missing TLS', async () => {
  const host = '0.0.0.0'
  await expect(start(folder(), { host })).rejects.toMatchObject({ code: 'HOST_NEEDS_TLS' })
  expect((await start(folder(), { host, insecure: true })).url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/)
})

test('a port in use is named, and the state folder is free again', async () => {
  const other = await start(join(folder(), 'other'))
  const port = Number(new URL(other.url).port)
  const state = join(folder(), 'state')
  await expect(start(state, { port })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  expect((await start(state)).url).not.toBe(other.url)
})

test('the initial model is what the sites start from', async () => {
  const running = await start(folder(), { plan: smallPlan({ sites: 1, quorum: 1 }) })
  const oslo = await running.joined('oslo')
  const { baseSha256 } = await oslo.next('roundInvitation')
  const bytes = new Uint8Array(await (await oslo.get(`/v1/blobs/${baseSha256}`)).arrayBuffer())
  expect(sha256(bytes)).toBe(baseSha256)
  expect(Object.fromEntries(decodeSafetensors(bytes).arrays)).toEqual(
    Object.fromEntries(smallWeights()),
  )
})
