/**
 * Lineage: for every model of a study, what it was made from. A pure function of the study's state, so it needs no
 * storage of its own and cannot disagree with the journal. Holds no time of day: the same run gives the same text.
 */
import type { ModelRecord } from '../journal/journal-event.ts'
import type { CommittedRound, StudyState } from '../rounds/study-state.ts'

export interface Contribution {
  readonly site: string
  readonly updateSha256: string
  readonly samples: number
  /** Its factor in the new model's weighted sum. */
  readonly weight: number
  /** L2 norm of the update, and the cosine of its angle to the aggregate; since version 0.2. */
  readonly norm?: number
  readonly cosine?: number
  /** Rounds it came late; absent: 0. */
  readonly staleness?: number
}

interface ModelManifest extends ModelRecord {
  readonly schema: 1
  readonly study: string
  readonly planSha256: string
}

export type Manifest =
  | (ModelManifest & { readonly kind: 'initial' })
  | (ModelManifest & {
      readonly kind: 'round'
      readonly parent: string
      readonly round: number
      readonly contributors: readonly Contribution[]
    })
  | (ModelManifest & {
      readonly kind: 'release'
      /** The last global model, of which this is the backbone. */
      readonly parent: string
      readonly initial: string
      readonly rounds: number
      /** Every site that is in the model. */
      readonly sites: readonly string[]
    })

/** All models of the study, oldest first. */
export function listManifests(state: StudyState): readonly Manifest[] {
  const initial: Manifest = { ...common(state, state.initial), kind: 'initial' }
  const rounds = state.rounds.map((round) => roundManifest(state, round))
  const { phase } = state
  return phase.kind === 'finished'
    ? [initial, ...rounds, releaseManifest(state, phase.release)]
    : [initial, ...rounds]
}

export function releaseManifest(state: StudyState, release: ModelRecord): Manifest {
  const sites = new Set(state.rounds.flatMap((round) => round.contributors))
  return {
    ...common(state, release),
    kind: 'release',
    parent: state.model.sha256,
    initial: state.initial.sha256,
    rounds: state.rounds.length,
    sites: [...sites].sort(),
  }
}

const roundManifest = (state: StudyState, round: CommittedRound): Manifest => ({
  ...common(state, round.model),
  kind: 'round',
  parent: round.base,
  round: round.round,
  contributors: contributionsOf(round),
})

/** By site id. Journals of version 0.1 say nothing of a fold: then it was an average by samples. */
export function contributionsOf({
  updates,
  contributions,
}: Pick<CommittedRound, 'updates' | 'contributions'>): readonly Contribution[] {
  const total = updates.reduce((sum, { samples }) => sum + samples, 0)
  const folded = new Map(contributions.map((contribution) => [contribution.site, contribution]))
  return updates
    .map(({ site, sha256, samples, staleness }) => ({
      ...{ site, updateSha256: sha256, samples },
      ...(folded.get(site) ?? { weight: samples / total }),
      ...(staleness !== undefined && { staleness }),
    }))
    .sort((a, b) => (a.site < b.site ? -1 : 1))
}

const common = (state: StudyState, model: ModelRecord): ModelManifest => ({
  schema: 1,
  study: state.plan.name,
  planSha256: state.planSha256,
  ...model,
})
