/**
 * The rules of a study's rounds, as a pure reducer over the journal. A round closes when every invited site that is
 * still joined has reported or enough have, or at the deadline with a quorum; at a deadline without one it is extended. The rules look
 * at the state, never at how it came about, so a leave counts as an arrival does and a restart decides the same.
 */
import { pick, type ByKind } from '../journal/by-kind.ts'
import type { JournalEvent } from '../journal/journal-event.ts'
import { applyEvent } from './apply-event.ts'
import { dueEvent } from './due-event.ts'
import { openRound, type StudyState } from './study-state.ts'

export type Effect =
  /** A fact that follows: append it, then step with it. */
  | { readonly kind: 'record'; readonly event: JournalEvent }
  | { readonly kind: 'start-deadline'; readonly round: number; readonly afterMs: number }
  /** No round is open any more, or its deadline stands still. */
  | { readonly kind: 'stop-deadline' }
  | { readonly kind: 'invite'; readonly sites: readonly string[] }
  /** Fold the updates of the closed round into the next model. */
  | { readonly kind: 'fold' }
  | { readonly kind: 'announce-result' }
  /** The updates of this round are in the model, or are not wanted: delete them. */
  | { readonly kind: 'discard-updates'; readonly round: number }
  | { readonly kind: 'release' }
  | { readonly kind: 'announce-release' }
  | { readonly kind: 'announce-abort' }

export interface Step {
  readonly state: StudyState
  /** In order. */
  readonly effects: readonly Effect[]
}

export function step(before: StudyState, event: JournalEvent): Step {
  const state = applyEvent(before, event)
  return { state, effects: [...pick(EFFECTS, event)(event, state, before), ...followUp(state)] }
}

/** What a coordinator has to do after it read the journal. The deadline goes on from where the journal noted it. */
export function resume(state: StudyState): readonly Effect[] {
  const { rounds, abandoned } = state
  return [
    ...discardOf(rounds.length),
    ...discardOf(abandoned?.round ?? 0),
    ...dutiesOf(state),
    ...followUp(state),
  ]
}

const discardOf = (round: number): readonly Effect[] =>
  round > 0 ? [{ kind: 'discard-updates', round }] : []

function dutiesOf(state: StudyState): readonly Effect[] {
  switch (state.phase.kind) {
    case 'collecting':
      return runDeadline(state)
    case 'averaging':
      return [{ kind: 'fold' }]
    case 'releasing':
      return [{ kind: 'release' }]
    case 'gathering':
    case 'folded':
    case 'finished':
    case 'aborted':
      return []
  }
}

function runDeadline(state: StudyState): readonly Effect[] {
  const open = openRound(state)
  if (open === undefined || state.orders.paused !== undefined) return []
  return [{ kind: 'start-deadline', round: open.round, afterMs: open.remainingMs }]
}

/** The fact that the state makes due now, if one is. */
function followUp(state: StudyState): readonly Effect[] {
  const event = dueEvent(state)
  return event === undefined ? [] : [{ kind: 'record', event }]
}

const nothing = (): readonly Effect[] => []

/** By the state after the event, and the one before it. */
const EFFECTS: ByKind<[StudyState, StudyState], readonly Effect[]> = {
  'study-created': nothing,
  'site-joined': nothing,
  'site-left': nothing,
  'round-opened': ({ invited }, state) => [
    ...runDeadline(state),
    { kind: 'invite', sites: invited },
  ],
  'sites-invited': ({ sites }) => [{ kind: 'invite', sites }],
  'site-away': nothing,
  'site-back': nothing,
  'round-accepted': nothing,
  'update-spooled': nothing,
  'update-refused': nothing,
  'site-failed': nothing,
  'deadline-extended': (_, state) => runDeadline(state),
  'deadline-noted': nothing,
  'round-closed': () => [{ kind: 'stop-deadline' }, { kind: 'fold' }],
  'updates-lost': ({ sites }, state) => [
    ...runDeadline(state),
    { kind: 'invite', sites: sites.filter((site) => openRound(state)?.invited.includes(site)) },
  ],
  'round-folded': nothing,
  'round-dropped': ({ round }, state) => [
    { kind: 'stop-deadline' },
    ...discardOf(round),
    ...dutiesOf(state),
  ],
  'round-committed': ({ round }, state) => [
    { kind: 'announce-result' },
    ...discardOf(round),
    ...dutiesOf(state),
  ],
  'study-started': nothing,
  'study-paused': () => [{ kind: 'stop-deadline' }],
  'study-resumed': (_, state) => runDeadline(state),
  'study-stopping': (_, state, before) =>
    before.phase.kind === 'gathering'
      ? dutiesOf(state)
      : before.orders.paused === undefined
        ? []
        : runDeadline(state),
  'study-extended': ({ deadlineMs }, state) => (deadlineMs === undefined ? [] : runDeadline(state)),
  'study-released': () => [{ kind: 'announce-release' }],
  'study-aborted': (_, { abandoned }) => [
    { kind: 'stop-deadline' },
    ...discardOf(abandoned?.round ?? 0),
    { kind: 'announce-abort' },
  ],
  'model-downloaded': nothing,
}
