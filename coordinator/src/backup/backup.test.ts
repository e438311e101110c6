import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { JOURNAL_FILE } from '../journal/sqlite-journal.ts'
import { useCoordinators, type Running } from '../testing/run-coordinator.ts'
import { useProcesses } from '../testing/run-process.ts'
import { smallPlan } from '../testing/small-study.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import type { TestSite } from '../testing/test-site.ts'
import { backUp } from './back-up.ts'
import { BACKUP_FILE, readBackupManifest } from './backup-manifest.ts'
import { restore } from './restore.ts'

const temporary = useStateFolder()
const start = useCoordinators()
const consilium = useProcesses()

const at = (name: string): string => join(temporary(), name)
const now = () => new Date('2026-01-02T03:04:05Z')
const NAMES = ['bern', 'oslo', 'rome']

const everybody = (coordinator: Running): Promise<readonly TestSite[]> =>
  Promise.all(NAMES.map((name) => coordinator.joined(name)))

async function deliver(...sites: readonly TestSite[]): Promise<void> {
  for (const site of sites) await site.deliver(await site.next('roundInvitation'))
}

const releaseOf = async (coordinator: Running): Promise<string> =>
  (await coordinator.recorded('study-released')).model.sha256

/** A study in the second of three rounds, with two of three updates in; `finish` delivers what is left. */
async function inMidStudy() {
  const coordinator = await start(at('state'), {
    plan: smallPlan({ sites: 3, quorum: 3, rounds: 3 }),
  })
  const sites = await everybody(coordinator)
  await deliver(...sites)
  await deliver(sites[0]!, sites[1]!)
  return {
    coordinator,
    finish: async (): Promise<string> => {
      await deliver(sites[2]!, ...sites)
      return releaseOf(coordinator)
    },
  }
}

async function backUpHere(): Promise<string> {
  await backUp({ folder: at('state'), target: at('backup'), now })
  return at('backup')
}

test('a study that is backed up while it runs and restored elsewhere releases the same bytes', async () => {
  const { coordinator, finish } = await inMidStudy()
  const backup = await consilium('backup', '--state', at('state'), '--to', at('backup'), '--json')
    .ended
  expect([backup.code, backup.stdout]).toMatchObject([
    0,
    [{ event: 'backed-up', study: 'small', seq: coordinator.state().seq }],
  ])
  const released = await finish()
  await coordinator.close()
  rmSync(at('state'), { recursive: true })

  const { code } = await consilium('restore', '--from', at('backup'), '--state', at('new')).ended
  expect(code).toBe(0)
  const restored = await start(at('new'), { plan: undefined, joinToken: undefined })
  expect(restored.joinToken).toBe(coordinator.joinToken)
  expect(restored.state()).toMatchObject({
    phase: {
      kind: 'collecting',
      round: { round: 2, updates: [{ site: 'bern' }, { site: 'oslo' }] },
    },
  })
  const sites = NAMES.map((name) => restored.site(name))
  const releases = await Promise.all(sites.map((site) => site.takePart()))
  expect(releases.map(({ modelSha256 }) => modelSha256)).toEqual([released, released, released])
  expect(restored.state().rounds[1]!.updates.map(({ site }) => site)).toEqual(NAMES)
})

test('backups taken one after the other while rounds are committed are all whole', async () => {
  const coordinator = await start(at('state'), {
    plan: smallPlan({ sites: 3, quorum: 3, rounds: 12 }),
  })
  let finished = false
  const released = Promise.all(NAMES.map((name) => coordinator.site(name).takePart())).then(() => {
    finished = true
  })
  const seqs: number[] = []
  for (let i = 0; !finished; i += 1) {
    await backUp({ folder: at('state'), target: at(`backup-${i}`), now })
    const { seq } = await restore({ source: at(`backup-${i}`), folder: at(`restored-${i}`) })
    seqs.push(seq)
  }
  await released
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
  expect(seqs.length).toBeGreaterThan(1)
})

test('a backup holds what the study needs and no update of an earlier round', async () => {
  const { coordinator } = await inMidStudy()
  const { initial, model, phase } = coordinator.state()
  const updates = phase.kind === 'collecting' ? phase.round.updates : []
  const { files } = await readBackupManifest(await backUpHere())
  const needed = [initial, model, ...updates].map(({ sha256 }) => sha256).sort()
  const others = ['join-token', 'operator-token', JOURNAL_FILE]
  const data = files.filter(({ path }) => !others.includes(path))
  expect(data.map(({ sha256 }) => sha256)).toEqual(needed)
  expect(files.length).toBe(data.length + others.length)
  const written = readdirSync(at('backup'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(at('backup'), path)).isFile(),
  )
  expect(written.sort()).toEqual([...files.map(({ path }) => path), BACKUP_FILE].sort())
})

test('only the owner may read a backup, and what is restored from it', async () => {
  await inMidStudy()
  await restore({ source: await backUpHere(), folder: at('new') })
  const modes = [at('backup'), at('new')].flatMap((folder) =>
    [folder, join(folder, 'join-token'), join(folder, JOURNAL_FILE)].map(
      (path) => statSync(path).mode & 0o77,
    ),
  )
  expect(modes).toEqual([0, 0, 0, 0, 0, 0])
})

test('nothing is written over', async () => {
  await inMidStudy()
  const backup = await backUpHere()
  const again = consilium('backup', '--state', at('state'), '--to', backup, '--json')
  expect((await again.ended).stdout).toMatchObject([{ code: 'FOLDER_NOT_EMPTY' }])
  const over = consilium('restore', '--from', backup, '--state', at('state'), '--json')
  const { code, stdout } = await over.ended
  expect([code, stdout]).toMatchObject([100, [{ code: 'FOLDER_NOT_EMPTY' }]])
  expect(existsSync(join(at('state'), JOURNAL_FILE))).toBe(true)
})

test.each([
  ['a blob is damaged', /blobs\/sha256\/.* is damaged/, damageBlob],
  ['a blob is missing', /blobs\/sha256\/.* is missing/, removeBlob],
  ['the journal is damaged', /journal\.sqlite is damaged/, damageJournal],
  ['it was never finished', /never finished/, removeManifest],
  ['it names a file elsewhere', /is not one/, nameFileElsewhere],
  ['a blob is not in its list', /lacks the file/, forgetBlob],
])('a backup is refused when %s, and leaves nothing', async (_, message, spoil) => {
  await inMidStudy()
  const backup = await backUpHere()
  spoil(backup)
  mkdirSync(at('new'))
  await expect(restore({ source: backup, folder: at('new') })).rejects.toMatchObject({
    code: 'BACKUP_INVALID',
    message: expect.stringMatching(message) as unknown,
  })
  expect(readdirSync(at('new'))).toEqual([])
})

interface Written {
  files: { path: string }[]
}

const written = (backup: string): Written =>
  JSON.parse(readFileSync(join(backup, BACKUP_FILE), 'utf8')) as Written

function rewrite(backup: string, change: (content: Written) => void): void {
  const content = written(backup)
  change(content)
  writeFileSync(join(backup, BACKUP_FILE), JSON.stringify(content))
}

const blobIn = (backup: string): string =>
  written(backup).files.find(({ path }) => path.startsWith('blobs/'))!.path

function damageBlob(backup: string): void {
  appendFileSync(join(backup, blobIn(backup)), 'x')
}

function removeManifest(backup: string): void {
  rmSync(join(backup, BACKUP_FILE))
}

function removeBlob(backup: string): void {
  rmSync(join(backup, blobIn(backup)))
}

function damageJournal(backup: string): void {
  const file = join(backup, JOURNAL_FILE)
  const bytes = readFileSync(file)
  bytes[bytes.length - 1]! ^= 1
  writeFileSync(file, bytes)
}

function nameFileElsewhere(backup: string): void {
  rewrite(backup, ({ files }) => {
    files[0]!.path = '../elsewhere-token'
  })
}

function forgetBlob(backup: string): void {
  const blob = blobIn(backup)
  rewrite(backup, (content) => {
    content.files = content.files.filter(({ path }) => path !== blob)
  })
}

test('a blob that is damaged in the state folder fails the backup, and leaves none', async () => {
  const { coordinator } = await inMidStudy()
  const { sha256 } = coordinator.state().initial
  appendFileSync(join(at('state'), 'blobs/sha256', sha256.slice(0, 2), sha256), 'x')
  await expect(backUpHere()).rejects.toMatchObject({ code: 'BLOB_CORRUPT' })
  rmSync(join(at('state'), 'blobs/sha256', sha256.slice(0, 2), sha256))
  await expect(backUpHere()).rejects.toMatchObject({ code: 'BLOB_MISSING' })
  expect(existsSync(at('backup'))).toBe(false)
})

test('a folder without a study is not backed up', async () => {
  mkdirSync(at('state'))
  await expect(backUpHere()).rejects.toMatchObject({ code: 'BACKUP_NO_STUDY' })
  expect(existsSync(at('backup'))).toBe(false)
})
