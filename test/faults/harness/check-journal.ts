/** What must hold in a journal after a study, whatever happened to it on the way. */
import type { JournalEntry } from '@consilium/coordinator'
import type { ProcessEvent } from '../../e2e/support/processes.ts'

export interface Acknowledged {
  readonly round: number
  readonly site: string
  readonly sha256: string
}

export interface Witnessed {
  /** Updates whose acknowledgement reached their site. */
  readonly acknowledged: readonly Acknowledged[]
  /** Journal entries that the coordinator's processes printed. */
  readonly told: readonly ProcessEvent[]
  /** Who must be in every round; undefined where the fault itself keeps sites out. */
  readonly contributors?: readonly string[]
}

/** Answers with what is wrong, in words: nothing if all is well. */
export function checkJournal(
  journal: readonly JournalEntry[],
  { acknowledged, told, contributors }: Witnessed,
): readonly string[] {
  return [
    ...gaps(journal),
    ...acknowledged
      .filter((update) => !holds(journal, update))
      .map(({ site, round }) => `the acknowledged update of ${site} for round ${round} is lost`),
    ...toldAndLost(journal, told),
    ...countedTwice(journal),
    ...(contributors === undefined ? [] : wrongContributors(journal, contributors)),
  ]
}

const gaps = (journal: readonly JournalEntry[]): readonly string[] =>
  journal.some(({ seq }, i) => seq !== i + 1) ? ['the journal has a gap'] : []

const spooled = (journal: readonly JournalEntry[]) =>
  journal.filter((entry) => entry.kind === 'update-spooled')

const holds = (journal: readonly JournalEntry[], wanted: Acknowledged): boolean =>
  spooled(journal).some(
    (update) =>
      trainedIn(update) === wanted.round &&
      update.site === wanted.site &&
      update.sha256 === wanted.sha256,
  )

/** The round an update was made for: one that is late was taken into another. */
export const trainedIn = ({
  round,
  staleness = 0,
}: {
  readonly round: number
  readonly staleness?: number
}): number => round - staleness

/** What was said in public must still be there after a restart. */
function toldAndLost(
  journal: readonly JournalEntry[],
  told: readonly ProcessEvent[],
): readonly string[] {
  return told
    .filter(({ seq }) => typeof seq === 'number')
    .filter(({ seq, event }) => journal[Number(seq) - 1]?.kind !== event)
    .map(({ seq, event }) => `entry ${String(seq)} (${event}) was told and is lost`)
}

function countedTwice(journal: readonly JournalEntry[]): readonly string[] {
  const updates = spooled(journal).map(
    (update) => `the update of ${update.site} for round ${trainedIn(update)}`,
  )
  const contributions = journal
    .filter((entry) => entry.kind === 'round-closed')
    .flatMap(({ round, contributors }) =>
      contributors.map((site) => `the contribution of ${site} to round ${round}`),
    )
  const commits = journal
    .filter((entry) => entry.kind === 'round-committed')
    .map(({ round }) => `the model of round ${round}`)
  const all = [...updates, ...contributions, ...commits]
  return all.filter((one, i) => all.indexOf(one) !== i).map((one) => `${one} counts twice`)
}

const wrongContributors = (
  journal: readonly JournalEntry[],
  expected: readonly string[],
): readonly string[] =>
  journal
    .filter((entry) => entry.kind === 'round-closed')
    .filter(({ contributors }) => contributors.join() !== expected.join())
    .map(({ round, contributors }) => `round ${round} was made of ${contributors.join(', ')} only`)
