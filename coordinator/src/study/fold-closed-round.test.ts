import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '@consilium/weights'
import { openFileBlobStore } from '../blobs/file-blob-store.ts'
import type { Journal } from '../journal/journal.ts'
import { openSqliteJournal } from '../journal/sqlite-journal.ts'
import { stateOfNewStudy } from '../rounds/apply-event.ts'
import { createStudyDriver, type StudyDriver } from '../rounds/study-driver.ts'
import type { Fence } from '../store/lease.ts'
import { smallPlan } from '../testing/small-study.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import { joining, updating } from '../testing/study-decisions.ts'
import { foldClosedRound, type FoldDeps } from './fold-closed-round.ts'

const folder = useStateFolder()
const model = { sha256: 'a'.repeat(64), bytes: 100, parameters: 25 }
const updateOf = (site: string): Buffer => Buffer.from(`update of ${site}`)
const signal = new AbortController().signal

let journal: Journal
let driver: StudyDriver
let deps: FoldDeps
let performed: unknown[]
/** This process has not noticed that it lost the lease. */
const fence: Fence = { token: 1, signal }

/** A round of three sites is closed, and its updates are not in the blob store any more. */
beforeEach(async () => {
  journal = openSqliteJournal(folder(), () => new Date())
  performed = []
  const created = { kind: 'study-created', plan: smallPlan(), planSha256: 'p', model } as const
  await journal.append({ events: [created], after: 0 })
  driver = createStudyDriver({
    journal: { ...journal, onAppended: () => () => undefined },
    lease: { fence: () => fence, onGained: () => undefined },
    state: stateOfNewStudy(created),
    perform: (effect) => performed.push(effect),
    onFatal: (error) => {
      throw error
    },
  })
  await driver.start()
  for (const site of ['a', 'b', 'c']) await driver.submit(joining(site))
  for (const site of ['a', 'b', 'c']) await driver.submit(updating(site, sha256(updateOf(site))))
  deps = { driver, signal, blobs: await openFileBlobStore(join(folder(), 'blobs')) }
})
afterEach(async () => {
  await driver.stop()
  await journal.close()
})

test('updates that another coordinator has folded and deleted meanwhile are no fault: the fold is given up', async () => {
  const folded = { kind: 'round-folded', round: 1, meanLoss: 1, contributions: [] } as const
  await journal.append({ events: [{ ...folded, model }], after: driver.state().seq })
  await expect(foldClosedRound(deps, fence)).rejects.toMatchObject({ code: 'LEASE_LOST' })
  expect(driver.state().phase.kind).toBe('folded')
})

test('a model that is gone before anybody has folded it is: no site has it', async () => {
  for (const site of ['a', 'b', 'c']) await deps.blobs.write([updateOf(site)])
  await expect(foldClosedRound(deps, fence)).rejects.toMatchObject({ code: 'BLOB_MISSING' })
})

test('sites whose updates are damaged or gone are asked again, in the same round', async () => {
  await deps.blobs.write([updateOf('a')])
  const damaged = await deps.blobs.write([updateOf('b')])
  await writeFile(await deps.blobs.file(damaged.sha256), 'something else')
  await foldClosedRound(deps, fence)
  const { phase } = driver.state()
  expect(phase).toMatchObject({ kind: 'collecting', round: { round: 1, updates: [{ site: 'a' }] } })
  expect(performed.at(-1)).toEqual({ kind: 'invite', sites: ['b', 'c'] })
})
