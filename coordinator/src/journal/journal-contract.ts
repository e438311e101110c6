/** What every journal must do. A test file calls this with a way to open the same journal twice. */
import type { Journal } from './journal.ts'
import { JOURNAL_PAGE, readJournal } from './journal.ts'
import type { JournalEntry, JournalEvent } from './journal-event.ts'

const left = (site: string): JournalEvent => ({ kind: 'site-left', site })

export function runJournalTests(open: () => Promise<Journal>): void {
  let journal: Journal

  beforeEach(async () => {
    journal = await open()
  })
  afterEach(async () => {
    await journal.close()
  })

  test('entries are numbered from 1 without gaps and come back in order', async () => {
    const first = await journal.append(left('a'))
    await journal.append(left('b'))
    expect(first).toEqual({ seq: 1, at: first.at, kind: 'site-left', site: 'a' })
    expect(await journal.after(0, 10)).toMatchObject([
      { seq: 1, site: 'a' },
      { seq: 2, site: 'b' },
    ])
    expect(await journal.after(1, 10)).toMatchObject([{ seq: 2, site: 'b' }])
    expect(await journal.after(0, 1)).toHaveLength(1)
  })

  test('nested values come back as they were', async () => {
    const event: JournalEvent = {
      kind: 'round-committed',
      round: 2,
      model: { sha256: 'ab', bytes: 12, parameters: 3 },
      meanLoss: 0.1 + 0.2,
    }
    await journal.append(event)
    expect(await journal.after(0, 1)).toMatchObject([event])
  })

  test('what was appended is there after closing and opening again', async () => {
    await journal.append(left('a'))
    await journal.close()
    journal = await open()
    await journal.append(left('b'))
    expect(await journal.after(0, 10)).toMatchObject([
      { seq: 1, site: 'a' },
      { seq: 2, site: 'b' },
    ])
  })

  test('reads more than a page', async () => {
    for (let i = 0; i <= JOURNAL_PAGE; i += 1) await journal.append(left(String(i)))
    const entries: JournalEntry[] = []
    for await (const entry of readJournal(journal)) entries.push(entry)
    expect(entries.map((entry) => entry.seq)).toEqual(
      Array.from({ length: JOURNAL_PAGE + 1 }, (_, i) => i + 1),
    )
  })
}
