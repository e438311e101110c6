import type { JournalEntry } from '@consilium/coordinator'
import { roundPhases } from './round-phases.ts'

const entry = (seconds: number, kind: string, round: number, site?: string): JournalEntry =>
  ({ seq: 1, at: new Date(1000 * seconds).toISOString(), kind, round, site }) as JournalEntry

const journal = [
  entry(1, 'round-opened', 1),
  entry(4, 'update-spooled', 1, 'bern'),
  entry(5, 'update-spooled', 1, 'oslo'),
  entry(7, 'round-committed', 1),
  entry(7.5, 'round-opened', 2),
]
const steps = [
  { name: 'trained', round: 1, at: 2000 },
  { name: 'trained', round: 1, at: 3000 },
  { name: 'trained', round: 2, at: 9000 },
  { name: 'uploaded', round: 1, at: 6000 },
] as const

test('the phases of a round follow each other and end with the last site in each', () => {
  expect(roundPhases(1, journal, steps)).toEqual({
    round: 1,
    download: 2,
    upload: 2,
    fold: 2,
    next: 0.5,
    total: 6.5,
  })
})

test('a round that was not followed by another is no measurement', () => {
  expect(() => roundPhases(2, journal, steps)).toThrow('no update-spooled of round 2')
})
