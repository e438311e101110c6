import type { JournalEntry } from '../journal/journal-event.ts'
import { assertNext } from './assert-next.ts'

const entry = (seq: number, kind: string): JournalEntry =>
  ({ seq, kind, at: '2026-11-26T12:00:00Z', site: 'oslo' }) as unknown as JournalEntry

test('entries from 1 on, the first of which makes the study, are taken', () => {
  assertNext(entry(1, 'study-created'), 0)
  assertNext(entry(2, 'site-left'), 1)
})

test.each<[string, JournalEntry, number]>([
  ['a gap', entry(4, 'site-left'), 2],
  ['an entry twice', entry(2, 'site-left'), 2],
  ['a kind of no version', entry(3, 'site-lost'), 2],
  ['a word that every object has', entry(3, 'toString'), 2],
  ['a second study', entry(3, 'study-created'), 2],
  ['no study at the beginning', entry(1, 'site-left'), 0],
])('JOURNAL_DAMAGED: %s', (_, next, seq) => {
  expect(() => {
    assertNext(next, seq)
  }).toThrow(expect.objectContaining({ code: 'JOURNAL_DAMAGED' }))
})
