import type { StudyState } from '../rounds/study-state.ts'
import { currentRound } from '../rounds/study-state.ts'
import { updateBlob } from '../rounds/update-blob.ts'

/**
 * Digests the study still reads: its models, what its rounds keep, and the updates of the round in hand. A site may send any bytes as its
 * update, also those of a model, so what is deleted with a round is looked up here.
 */
export function neededBlobs(state: StudyState): ReadonlySet<string> {
  const { initial, model, phase } = state
  const rounds = phase.kind === 'folded' ? [...state.rounds, phase.round] : state.rounds
  const models = [initial, model, ...rounds.map((round) => round.model)]
  const kept = rounds.flatMap(({ optimiserState }) => optimiserState ?? [])
  const release = phase.kind === 'finished' ? [phase.release] : []
  const updates = currentRound(state)?.updates ?? []
  return new Set([
    ...[...models, ...kept, ...release].map(({ sha256 }) => sha256),
    ...updates.map(updateBlob),
  ])
}
