/**
 * Turns the round machine: appends a fact to the journal, steps the state with it, tells the listeners, and has the
 * effects performed, one fact after the other. Whoever wants to change the study submits a decision here.
 */
import { CoordinatorStoppingError } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import type { JournalEntry, JournalEvent } from '../journal/journal-event.ts'
import { resume, step, type Effect } from './round-machine.ts'
import type { StudyState } from './study-state.ts'

/** Looks at the newest state and answers with the facts to record, or throws a refusal for the caller. */
export type Decision = (state: StudyState) => readonly JournalEvent[]

export type PerformedEffect = Exclude<Effect, { kind: 'record' }>

export interface StudyDriver {
  readonly state: () => StudyState
  /** Resolves when the facts, and what followed from them, are in the journal. Throws COORDINATOR_STOPPING. */
  submit(decide: Decision): Promise<void>
  /** Calls back for every entry from now on; returns the way to stop. */
  onEntry(listener: (entry: JournalEntry) => void): () => void
  /** Takes up the duties the journal left. Call once, before anything is submitted. */
  start(): Promise<void>
  /** Refuses new decisions and waits for the running ones. */
  stop(): Promise<void>
}

export interface StudyDriverDeps {
  readonly journal: Journal
  readonly state: StudyState
  /** Must not wait for a decision it submits itself: decisions run one after the other. */
  readonly perform: (effect: PerformedEffect) => void
  /** The journal cannot be written: the process must end, so that nothing goes on unrecorded. */
  readonly onFatal: (error: unknown) => void
}

export function createStudyDriver(deps: StudyDriverDeps): StudyDriver {
  const { journal, perform, onFatal } = deps
  const listeners = new Set<(entry: JournalEntry) => void>()
  let state = deps.state
  let queue: Promise<void> = Promise.resolve()
  let stopped = false

  const record = async (event: JournalEvent): Promise<void> => {
    const entry = await journal.append(event)
    const next = step(state, event)
    state = next.state
    for (const listener of listeners) listener(entry)
    await carryOut(next.effects)
  }

  const carryOut = async (effects: readonly Effect[]): Promise<void> => {
    for (const effect of effects) {
      if (effect.kind === 'record') await record(effect.event)
      else perform(effect)
    }
  }

  const enqueue = (work: () => Promise<void>): Promise<void> => {
    const done = queue.then(async () => {
      if (stopped) throw new CoordinatorStoppingError()
      await work()
    })
    queue = done.catch(() => undefined)
    return done
  }

  const recordAll = async (events: readonly JournalEvent[]): Promise<void> => {
    try {
      for (const event of events) await record(event)
    } catch (error) {
      stopped = true
      onFatal(error)
      throw error
    }
  }

  return {
    state: () => state,
    submit: (decide) => enqueue(() => recordAll(decide(state))),
    onEntry(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    start: () => enqueue(() => carryOut(resume(state))),
    async stop() {
      stopped = true
      await queue
    },
  }
}
