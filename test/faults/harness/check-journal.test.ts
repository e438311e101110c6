import type { JournalEntry } from '@consilium/coordinator'
import { checkJournal } from './check-journal.ts'

const at = '2026-01-02T03:04:05.000Z'
const spooled = (seq: number, site: string): JournalEntry => ({
  ...{ seq, at, kind: 'update-spooled', round: 1, site },
  ...{ sha256: 'ab', bytes: 1, samples: 1, meanLoss: 1, steps: 1 },
})
const closed = (seq: number, contributors: readonly string[]): JournalEntry => ({
  ...{ seq, at, kind: 'round-closed', round: 1, reason: 'all-reported' },
  ...{ contributors, missing: [] },
})
const ofBern = { round: 1, site: 'bern', sha256: 'ab' }

test('a journal that holds what was acknowledged and told has nothing wrong', () => {
  const journal = [spooled(1, 'bern'), closed(2, ['bern'])]
  const told = [{ event: 'update-spooled', seq: 1 }]
  const witnessed = { acknowledged: [ofBern], told, contributors: ['bern'] }
  expect(checkJournal(journal, witnessed)).toEqual([])
})

test('it names what was acknowledged and is lost, and what was told and is lost', () => {
  const told = [{ event: 'round-closed', seq: 1 }]
  expect(checkJournal([spooled(1, 'oslo')], { acknowledged: [ofBern], told })).toEqual([
    'the acknowledged update of bern for round 1 is lost',
    'entry 1 (round-closed) was told and is lost',
  ])
})

test('an update that was taken into a later round is that of the round it was made for', () => {
  const journal = [{ ...spooled(1, 'bern'), round: 2, staleness: 1 }]
  expect(checkJournal(journal, { acknowledged: [ofBern], told: [] })).toEqual([])
})

test('it names what counts twice, and a site that is left out', () => {
  const journal = [spooled(1, 'bern'), spooled(2, 'bern'), closed(3, ['bern'])]
  expect(
    checkJournal(journal, { acknowledged: [], told: [], contributors: ['bern', 'oslo'] }),
  ).toEqual(['the update of bern for round 1 counts twice', 'round 1 was made of bern only'])
})
