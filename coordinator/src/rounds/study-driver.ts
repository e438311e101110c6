/**
 * Turns the round machine. Whoever wants to change the study submits a decision: its facts, and what follows from them,
 * are appended to the journal at once; then the state is stepped with each, the listeners are told and its effects
 * performed. Where other coordinators append too, their facts are read and stepped with in the same way, and a decision
 * that was overtaken is made again on the newer state. Effects that must happen once need the lease.
 */
import { LeaseLostError } from '../errors.ts'
import type { Facts, Journal } from '../journal/journal.ts'
import type { JournalEntry, JournalEvent } from '../journal/journal-event.ts'
import type { Fence, Lease } from '../store/lease.ts'
import type { PerformedEffect } from './effect-scope.ts'
import { createJournalFollower, type JournalFollower } from './journal-follower.ts'
import { resume, type Effect } from './round-machine.ts'
import type { StudyState } from './study-state.ts'
import { createTurn } from './turn.ts'
import { withConsequences } from './with-consequences.ts'

/**
 * Looks at the newest state and answers with the facts to record, or throws a refusal for the caller. Made again when
 * another coordinator recorded something first, or may have before nothing is recorded: it must not rely on an older look.
 */
export type Decision = (state: StudyState) => readonly JournalEvent[]

export interface StudyDriver {
  readonly state: () => StudyState
  /** The lease, while this process holds it and has taken up its duties. */
  readonly fence: () => Fence | undefined
  /**
   * Resolves when the facts, and what followed from them, are in the journal. Under a fence they are recorded only while
   * its lease is the newest. Throws COORDINATOR_STOPPING, and LEASE_LOST where a fence is given.
   */
  submit(decide: Decision, under?: Fence): Promise<void>
  /** Reads what other coordinators have recorded: before a look at the state that no decision follows. Throws COORDINATOR_STOPPING. */
  catchUp(): Promise<void>
  /** Calls back for every entry from now on; returns the way to stop. */
  onEntry(listener: (entry: JournalEntry) => void): () => void
  /** Takes up the duties the journal left. Call once, before anything is submitted. */
  start(): Promise<void>
  /** Refuses new decisions and waits for the running ones. */
  stop(): Promise<void>
}

export interface StudyDriverDeps {
  readonly journal: Journal
  readonly lease: Lease
  readonly state: StudyState
  /** Must not wait for a decision it submits itself: decisions run one after the other. */
  readonly perform: (effect: PerformedEffect) => void
  /** The journal cannot be written: the process must end, so that nothing goes on unrecorded. */
  readonly onFatal: (error: unknown) => void
}

export function createStudyDriver(deps: StudyDriverDeps): StudyDriver {
  const { journal, lease, onFatal } = deps
  const follower = createJournalFollower(deps)
  const { state } = follower
  const turn = createTurn()
  let stopListening = (): void => undefined

  const orDie = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      turn.close()
      onFatal(error)
      throw error
    }
  }

  const record = createRecorder(journal, follower, orDie)

  const takeUp = async (): Promise<void> => {
    await orDie(follower.takeUp())
    await record((newest) => dueFacts(resume(newest)))
  }

  const catchUpTo = async (seq: number): Promise<void> => {
    if (seq > state().seq) await orDie(follower.catchUp())
  }

  return {
    state,
    fence: follower.fence,
    submit: (decide, under) => turn.take(() => record(decide, under)),
    catchUp: () => turn.take(() => orDie(follower.catchUp())),
    onEntry: (listener) => follower.onEntry(listener),
    async start() {
      await turn.take(takeUp)
      stopListening = journal.onAppended((seq) => {
        if (seq > state().seq) turn.take(() => catchUpTo(seq)).catch(ignoreEnded)
      })
      lease.onGained(() => {
        turn.take(takeUp).catch(ignoreEnded)
      })
    },
    async stop() {
      turn.close()
      stopListening()
      await turn.idle()
    },
  }
}

type Recorder = (decide: Decision, under?: Fence) => Promise<void>

/** `orDie`: ends the process if the work fails. */
function createRecorder(
  journal: Journal,
  follower: JournalFollower,
  orDie: <T>(work: Promise<T>) => Promise<T>,
): Recorder {
  const { state } = follower
  const factsOf = (decide: Decision): readonly JournalEvent[] =>
    withConsequences(state(), decide(state()))

  /** Nothing is refused, or taken for done, for want of what other coordinators have recorded. */
  const decideOnNewest = async (decide: Decision): Promise<readonly JournalEvent[]> => {
    const early = factsOrNone(() => factsOf(decide))
    if (early.length > 0) return early
    await orDie(follower.catchUp())
    return factsOf(decide)
  }

  return async (decide, under) => {
    for (;;) {
      const events = await decideOnNewest(decide)
      if (events.length === 0) return
      const facts = { events, after: state().seq, ...tokenOf(under) }
      const outcome = await orDie(journal.append(facts))
      if (outcome.kind === 'fenced') throw new LeaseLostError()
      if (outcome.kind === 'conflict') await orDie(follower.catchUp())
      else {
        follower.follow(outcome.entries)
        return
      }
    }
  }
}

/** A refusal that still holds is thrown when the decision is made again. */
function factsOrNone(facts: () => readonly JournalEvent[]): readonly JournalEvent[] {
  try {
    return facts()
  } catch {
    return []
  }
}

/** The error has ended the process, or the process is ending. */
const ignoreEnded = (): void => undefined

const tokenOf = (fence: Fence | undefined): Pick<Facts, 'token'> =>
  fence === undefined ? {} : { token: fence.token }

const dueFacts = (effects: readonly Effect[]): readonly JournalEvent[] =>
  effects.flatMap((effect) => (effect.kind === 'record' ? [effect.event] : []))
