/** What every journal must do. A test file calls this with a way to open the same journal twice. */
import type { Journal } from './journal.ts'
import { JOURNAL_PAGE, readJournal } from './journal.ts'
import type { JournalEntry, JournalEvent } from './journal-event.ts'

const left = (site: string): JournalEvent => ({ kind: 'site-left', site })

let journal: Journal

/** Appends after the newest entry, whichever that is. */
async function append(...events: readonly JournalEvent[]): Promise<readonly JournalEntry[]> {
  const outcome = await journal.append({ events, after: await newest() })
  if (outcome.kind !== 'appended') throw new Error(outcome.kind)
  return outcome.entries
}

async function newest(): Promise<number> {
  let seq = 0
  for await (const entry of readJournal(journal)) seq = entry.seq
  return seq
}

export function runJournalTests(open: () => Promise<Journal>): void {
  beforeEach(async () => {
    journal = await open()
  })
  afterEach(async () => {
    await journal.close()
  })

  describe('keeping', () => {
    keepingTests(open)
  })
  describe('appending', appendingTests)
}

function keepingTests(open: () => Promise<Journal>): void {
  test('entries are numbered from 1 without gaps and come back in order', async () => {
    const [first] = await append(left('a'))
    await append(left('b'))
    expect(first).toEqual({ seq: 1, at: first!.at, kind: 'site-left', site: 'a' })
    expect(new Date(first!.at).toISOString()).toBe(first!.at)
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
    await append(event)
    expect(await journal.after(0, 1)).toMatchObject([event])
  })

  test('what was appended is there after closing and opening again', async () => {
    await append(left('a'))
    await journal.close()
    journal = await open()
    await append(left('b'))
    expect(await journal.after(0, 10)).toMatchObject([
      { seq: 1, site: 'a' },
      { seq: 2, site: 'b' },
    ])
  })

  test('reads more than a page', async () => {
    await append(...Array.from({ length: JOURNAL_PAGE + 1 }, (_, i) => left(String(i))))
    const entries: JournalEntry[] = []
    for await (const entry of readJournal(journal)) entries.push(entry)
    expect(entries.map((entry) => entry.seq)).toEqual(
      Array.from({ length: JOURNAL_PAGE + 1 }, (_, i) => i + 1),
    )
  })
}

function appendingTests(): void {
  test('facts decided on an older state than the newest are refused, all of them', async () => {
    await append(left('a'))
    const late = { events: [left('b'), left('c')], after: 0 }
    expect(await journal.append(late)).toEqual({ kind: 'conflict' })
    expect(await journal.after(0, 10)).toMatchObject([{ seq: 1, site: 'a' }])
  })

  test('of many that append after the same entry one succeeds, and its facts stand together', async () => {
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd'].map((site) =>
        journal.append({ events: [left(site), left(`${site}-too`)], after: 0 }),
      ),
    )
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual([
      'appended',
      'conflict',
      'conflict',
      'conflict',
    ])
    const entries = (await journal.after(0, 10)) as Extract<JournalEntry, { site: string }>[]
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2])
    expect(entries[1]!.site).toBe(`${entries[0]!.site}-too`)
  })

  test('whoever listens hears the number of the newest entry', async () => {
    const heard = new Promise<number>((resolve) => {
      const stop = journal.onAppended((seq) => {
        if (seq < 2) return
        stop()
        resolve(seq)
      })
    })
    await append(left('a'), left('b'))
    expect(await heard).toBe(2)
  })
}
