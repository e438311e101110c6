/**
 * The rules of a study's rounds, as a pure reducer over the journal. A round closes when every invited site that is
 * still joined has reported, or at the deadline with a quorum; at a deadline without one it is extended. The rules look
 * at the state, never at how it came about, so a leave counts as an arrival does and a restart decides the same.
 */
import type { JournalEvent } from '../journal/journal-event.ts'
import { applyEvent } from './apply-event.ts'
import { joinedSites, outstandingSites, type Round, type StudyState } from './study-state.ts'

export type Effect =
  /** A fact that follows: append it, then step with it. */
  | { readonly kind: 'record'; readonly event: JournalEvent }
  | { readonly kind: 'start-deadline'; readonly round: number; readonly afterMs: number }
  | { readonly kind: 'invite'; readonly sites: readonly string[] }
  /** Average the updates of the closed round into the next model. */
  | { readonly kind: 'average' }
  | { readonly kind: 'announce-result' }
  /** The updates of the last committed round are in the model: delete them. */
  | { readonly kind: 'discard-updates' }
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
  return { state, effects: [...effectsOf(state, event), ...followUp(state)] }
}

/** What a coordinator has to do after it read the journal. The deadline counts anew, from its full length. */
export function resume(state: StudyState): readonly Effect[] {
  const discard: readonly Effect[] = state.rounds.length > 0 ? [{ kind: 'discard-updates' }] : []
  return [...discard, ...dutiesOf(state), ...followUp(state)]
}

function dutiesOf(state: StudyState): readonly Effect[] {
  switch (state.phase.kind) {
    case 'collecting':
      return [startDeadline(state, state.phase.round)]
    case 'averaging':
      return [{ kind: 'average' }]
    case 'releasing':
      return [{ kind: 'release' }]
    case 'gathering':
    case 'finished':
    case 'aborted':
      return []
  }
}

function effectsOf(state: StudyState, event: JournalEvent): readonly Effect[] {
  switch (event.kind) {
    case 'round-opened':
      return [...dutiesOf(state), { kind: 'invite', sites: event.invited }]
    case 'deadline-extended':
    case 'round-closed':
      return dutiesOf(state)
    case 'round-committed':
      return [{ kind: 'announce-result' }, { kind: 'discard-updates' }, ...dutiesOf(state)]
    case 'study-released':
      return [{ kind: 'announce-release' }]
    case 'study-aborted':
      return [{ kind: 'announce-abort' }]
    case 'study-created':
    case 'site-joined':
    case 'site-left':
    case 'update-spooled':
    case 'update-refused':
    case 'site-failed':
    case 'model-downloaded':
      return []
  }
}

/** The fact that the state makes due now, if one is. */
function followUp(state: StudyState): readonly Effect[] {
  const event = dueOpening(state) ?? dueClosing(state)
  return event === undefined ? [] : [{ kind: 'record', event }]
}

/** The first round waits for the whole cohort; a later one for a quorum of those who are still there. */
function dueOpening(state: StudyState): JournalEvent | undefined {
  if (state.phase.kind !== 'gathering') return undefined
  const { round } = state.phase
  const { sites, quorum } = state.plan.cohort
  const invited = joinedSites(state)
  if (invited.length < (round === 1 ? sites : quorum)) return undefined
  return { kind: 'round-opened', round, base: state.model.sha256, invited }
}

function dueClosing(state: StudyState): JournalEvent | undefined {
  if (state.phase.kind !== 'collecting') return undefined
  const { round } = state.phase
  const { quorum } = state.plan.cohort
  const outstanding = outstandingSites(round)
  if (round.updates.length + outstanding.length < quorum) return abortion(state, round)
  const awaited = outstanding.filter((site) => state.members.get(site)?.joined)
  if (awaited.length > 0 || round.updates.length < quorum) return undefined
  return closing(round, 'all-reported')
}

/** What the deadline of a round brings about; undefined if the round is not open any more. */
export function atDeadline(state: StudyState, of: number): JournalEvent | undefined {
  if (state.phase.kind !== 'collecting' || state.phase.round.round !== of) return undefined
  const { round } = state.phase
  const { quorum } = state.plan.cohort
  const updates = round.updates.length
  if (updates >= quorum) return closing(round, 'deadline')
  return { kind: 'deadline-extended', round: round.round, updates, quorum }
}

function closing(round: Round, reason: 'all-reported' | 'deadline'): JournalEvent {
  const contributors = round.updates.map(({ site }) => site).sort()
  const missing = round.invited.filter((site) => !contributors.includes(site))
  return { kind: 'round-closed', round: round.round, reason, contributors, missing }
}

function abortion({ plan }: StudyState, { round, failures }: Round): JournalEvent {
  const failed = failures.map(({ site, code }) => `${site} (${code})`).join(', ')
  return {
    kind: 'study-aborted',
    code: 'STUDY_QUORUM_IMPOSSIBLE',
    message: `Round ${round} cannot reach its quorum of ${plan.cohort.quorum}: it failed at ${failed}. Look at these sites' own logs, correct the cause or the study plan, and start a new study.`,
  }
}

const startDeadline = ({ plan }: StudyState, { round }: Round): Effect => ({
  kind: 'start-deadline',
  round,
  afterMs: Math.round(plan.cohort.deadlineSeconds * 1000),
})
