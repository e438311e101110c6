/** The frames a coordinator sends of its own accord, each a view of the study's state. */
import type { Frame } from '@consilium/proto'
import { canonicalJson } from '@consilium/study'
import { StudyAbortedError } from '../errors.ts'
import { releaseManifest } from '../registry/manifest.ts'
import { outstandingSites, type StudyState } from '../rounds/study-state.ts'

export function invitation(state: StudyState, deadlineInMs: number): Frame {
  if (state.phase.kind !== 'collecting') throw new Error('internal: no round is open')
  const { round, base } = state.phase.round
  return {
    kind: 'roundInvitation',
    study: state.plan.name,
    round,
    baseSha256: base,
    baseBytes: state.model.bytes,
    deadlineInMs: Math.round(deadlineInMs),
  }
}

export function lastResult({ rounds, plan }: StudyState): Frame {
  const last = rounds.at(-1)
  if (last === undefined) throw new Error('internal: no round is committed')
  return {
    kind: 'roundResult',
    round: last.round,
    rounds: plan.schedule.rounds,
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
    case 'releasing':
      return undefined
  }
}
