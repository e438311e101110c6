/** Steps a study's state with the journal's entries, whoever appended them, and has their effects performed. */
import { JOURNAL_PAGE, type Journal } from '../journal/journal.ts'
import type { JournalEntry } from '../journal/journal-event.ts'
import type { Fence, Lease } from '../store/lease.ts'
import { assertNext } from './assert-next.ts'
import { isExclusive, isPerformed, type PerformedEffect } from './effect-scope.ts'
import { resume, step, type Effect } from './round-machine.ts'
import type { StudyState } from './study-state.ts'

export interface JournalFollower {
  readonly state: () => StudyState
  readonly fence: () => Fence | undefined
  /** Calls back for every entry from now on; returns the way to stop. */
  onEntry(listener: (entry: JournalEntry) => void): () => void
  /** Of entries that come next. What follows from a fact stands behind it: whoever appended it saw to that. */
  follow(entries: readonly JournalEntry[]): void
  /** Reads what others have appended. */
  catchUp(): Promise<void>
  /** Catches up, and performs what is due in the state that is found. */
  takeUp(): Promise<void>
}

export interface JournalFollowerDeps {
  readonly journal: Journal
  readonly lease: Lease
  readonly state: StudyState
  readonly perform: (effect: PerformedEffect) => void
}

export function createJournalFollower(deps: JournalFollowerDeps): JournalFollower {
  const { journal, lease } = deps
  const listeners = new Set<(entry: JournalEntry) => void>()
  let state = deps.state
  /** The lease whose duties this process has taken up: what came before is not done twice. */
  let taken: Fence | undefined

  const fence = (): Fence | undefined => (taken?.signal.aborted === false ? taken : undefined)

  const perform = (effects: readonly Effect[]): void => {
    for (const effect of effects.filter(isPerformed)) {
      if (!isExclusive(effect) || fence() !== undefined) deps.perform(effect)
    }
  }

  const follow = (entries: readonly JournalEntry[]): void => {
    for (const entry of entries) {
      assertNext(entry, state.seq)
      const next = step(state, entry)
      state = next.state
      for (const listener of listeners) listener(entry)
      perform(next.effects)
    }
  }

  const catchUp = async (): Promise<void> => {
    for (;;) {
      const entries = await journal.after(state.seq, JOURNAL_PAGE)
      follow(entries)
      if (entries.length < JOURNAL_PAGE) return
    }
  }

  return {
    state: () => state,
    fence,
    onEntry(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    follow,
    catchUp,
    async takeUp() {
      taken = undefined
      await catchUp()
      taken = lease.fence()
      perform(resume(state))
    },
  }
}
