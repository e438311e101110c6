import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runJournalTests } from './journal-contract.ts'
import { openSqliteJournal } from './sqlite-journal.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'consilium-journal-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const now = () => new Date('2026-01-02T03:04:05Z')

describe('the SQLite journal', () => {
  runJournalTests(() => Promise.resolve(openSqliteJournal(folder, now)))
})

test('a second owner of the folder is refused, and may have it once the first has closed', async () => {
  const first = openSqliteJournal(folder, now)
  expect(() => openSqliteJournal(folder, now)).toThrow(
    expect.objectContaining({ code: 'STATE_FOLDER_IN_USE' }),
  )
  await first.append({ events: [{ kind: 'site-left', site: 'a' }], after: 0 })
  await first.close()
  const second = openSqliteJournal(folder, now)
  expect(await second.after(0, 10)).toMatchObject([{ site: 'a', at: '2026-01-02T03:04:05.000Z' }])
  await second.close()
})
