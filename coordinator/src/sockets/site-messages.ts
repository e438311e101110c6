/** The frames a coordinator sends of its own accord, each a view of the study's state. */
import type { Frame, Frames } from '@consilium/proto'
import { canonicalJson } from '@consilium/study'
import { StudyAbortedError } from '../errors.ts'
import { releaseManifest } from '../registry/manifest.ts'
import { controlVariate } from '../rounds/control-variate.ts'
import { describeWait } from '../rounds/describe-wait.ts'
import { openRound, outstandingSites, type StudyState } from '../rounds/study-state.ts'

export function invitation(state: StudyState, deadlineInMs: number): Frame {
  if (state.phase.kind !== 'collecting') throw new Error('internal: no round is open')
  const { round, base } = state.phase.round
  const control = controlVariate(state)
  return {
    kind: 'roundInvitation',
    study: state.plan.name,
    round,
    baseSha256: base,
    baseBytes: state.model.bytes,
    deadlineInMs: Math.round(deadlineInMs),
    controlSha256: control?.sha256 ?? '',
    controlBytes: control?.bytes ?? 0,
  }
}

/** For a site that still trains for an earlier round, and perhaps lost its invitation. */
function lateInvitation(state: StudyState, round: number, deadlineInMs: number): Frame {
  const base = [state.initial, ...state.rounds.map(({ model }) => model)][round - 1]!
  return {
    kind: 'roundInvitation',
    study: state.plan.name,
    round,
    baseSha256: base.sha256,
    baseBytes: base.bytes,
    deadlineInMs: Math.round(deadlineInMs),
    // Plans with SCAFFOLD have no use for late updates.
    controlSha256: '',
    controlBytes: 0,
  }
}

export function lastResult({ rounds, orders }: StudyState): Frame {
  const last = rounds.at(-1)
  if (last === undefined) throw new Error('internal: no round is committed')
  return {
    kind: 'roundResult',
    round: last.round,
    rounds: orders.rounds,
    modelSha256: last.model.sha256,
    contributors: last.contributors,
    missing: last.missing,
    meanLoss: last.meanLoss,
  }
}

export function release(state: StudyState): Frame {
  if (state.phase.kind !== 'finished') throw new Error('internal: nothing is released')
  const model = state.phase.release
  return {
    kind: 'release',
    study: state.plan.name,
    modelSha256: model.sha256,
    modelBytes: model.bytes,
    manifestJson: canonicalJson(releaseManifest(state, model)),
  }
}

/**
 * What each site that has nothing to do waits for, and all of them while the study is paused; undefined for a site that
 * has work, unless it was told of a pause that is over. Without a countdown: that would be news every second.
 */
export function waitingFrames(
  state: StudyState,
): (site: string, wasPaused: boolean) => Frames['waiting'] | undefined {
  const { phase, orders } = state
  if (phase.kind === 'finished' || phase.kind === 'aborted') return () => undefined
  const open = openRound(state)
  const owing = new Set(open === undefined ? [] : outstandingSites(open))
  const paused = orders.paused !== undefined
  const reason = describeWait(state)
  return (site, wasPaused) => {
    if (paused || !(owing.has(site) || state.stragglers.has(site)))
      return { kind: 'waiting', reason, paused }
    return wasPaused ? { kind: 'waiting', reason: 'the study goes on', paused } : undefined
  }
}

const isOver = ({ phase }: StudyState): boolean =>
  phase.kind === 'releasing' || phase.kind === 'finished' || phase.kind === 'aborted'

export function abortion(state: StudyState): Frame {
  if (state.phase.kind !== 'aborted') throw new Error('internal: the study is not aborted')
  return errorReply(new StudyAbortedError(state.phase))
}

export const errorReply = (error: {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
}): Frame => ({
  kind: 'error',
  code: error.code,
  message: error.message,
  retryable: error.retryable,
})

/** What a site that has just joined needs to hear, if anything: its invitation, the release, or the end. */
export function greeting(state: StudyState, site: string, deadlineInMs: number): Frame | undefined {
  const late = state.stragglers.get(site)
  if (late !== undefined && !isOver(state)) return lateInvitation(state, late, deadlineInMs)
  switch (state.phase.kind) {
    case 'collecting':
      return outstandingSites(state.phase.round).includes(site)
        ? invitation(state, deadlineInMs)
        : undefined
    case 'finished':
      return release(state)
    case 'aborted':
      return abortion(state)
    case 'gathering':
    case 'averaging':
    case 'folded':
    case 'releasing':
      return undefined
  }
}
