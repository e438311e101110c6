import type { FileRecord } from '../journal/journal-event.ts'
import type { StudyState } from './study-state.ts'

/** SCAFFOLD's c for the sites of the round that is open or comes next; undefined while it is zero, and for other rules. */
export const controlVariate = ({ plan, rounds }: StudyState): FileRecord | undefined =>
  plan.aggregation?.rule === 'scaffold' ? rounds.at(-1)?.optimiserState : undefined
