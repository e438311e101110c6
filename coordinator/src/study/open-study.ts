/** Finds the study in its store, or creates it there. */
import { InvalidPlanError, planDigest, type StudyPlan } from '@consilium/study'
import {
  assertSameSchema,
  countParameters,
  encodeSafetensors,
  findNonFinite,
  sha256,
  WeightsMismatchError,
  type NamedArrays,
} from '@consilium/weights'
import { MAX_SITES } from '../admission/check-join.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { JournalDamagedError, NoStudyError, StudyDiffersError } from '../errors.ts'
import { readJournal, type Journal } from '../journal/journal.ts'
import type { JournalEvent } from '../journal/journal-event.ts'
import { applyEvent, stateOfNewStudy } from '../rounds/apply-event.ts'
import { assertNext } from '../rounds/assert-next.ts'
import type { StudyState } from '../rounds/study-state.ts'

export interface StudyChoice {
  readonly plan?: StudyPlan | undefined
  /** Weights to start from instead of the untrained ones. */
  readonly initial?: NamedArrays | undefined
  /** The first round waits for the operator's start. Counts when a study is created. */
  readonly hold?: boolean | undefined
  /** The untrained weights of a plan; asked for when a study is created. */
  readonly untrained: (plan: StudyPlan) => NamedArrays
}

export interface StudyStore {
  /** For people: 'the state folder /srv/study'. */
  readonly place: string
  readonly journal: Journal
  readonly blobs: BlobStore
}

/** What a new study starts from. */
export interface StudyStart {
  readonly plan: StudyPlan
  readonly weights: NamedArrays
  readonly hold: boolean
}

/** Touches no file. Throws STATE_NO_STUDY, STUDY_INVALID_PLAN and WEIGHTS_MISMATCH. */
export function chooseStart(place: string, choice: StudyChoice): StudyStart {
  const { plan, initial, untrained, hold = false } = choice
  if (plan === undefined) throw new NoStudyError(place)
  if (plan.cohort.sites > MAX_SITES) {
    throw new InvalidPlanError([`cohort.sites: a coordinator takes at most ${MAX_SITES} sites`])
  }
  const weights = untrained(plan)
  if (initial !== undefined) assertFits(initial, weights)
  return { plan, weights: initial ?? weights, hold }
}

/** `start` is chosen here where it is not given. Throws what `chooseStart` throws, and STUDY_DIFFERS. */
export async function openStudy(
  store: StudyStore,
  choice: StudyChoice,
  start?: StudyStart,
): Promise<StudyState> {
  const stored = await foldJournal(store.journal)
  if (stored === undefined) {
    const created = await createStudy(store, start ?? chooseStart(store.place, choice))
    return created ?? openStudy(store, choice)
  }
  if (planDigest(stored.plan) !== stored.planSha256)
    throw new JournalDamagedError({ problem: 'the study plan in it does not have its digest' })
  if (choice.plan !== undefined) {
    assertSame('plan', planDigest(choice.plan), stored.planSha256)
  }
  if (choice.initial !== undefined) {
    assertSame('initial weights', sha256(encodeSafetensors(choice.initial)), stored.initial.sha256)
  }
  return stored
}

/** Undefined if another coordinator has just created one. */
async function createStudy(
  store: StudyStore,
  { plan, weights, hold }: StudyStart,
): Promise<StudyState | undefined> {
  const blob = await store.blobs.write([encodeSafetensors(weights)])
  const created = {
    kind: 'study-created',
    plan,
    planSha256: planDigest(plan),
    model: { ...blob, parameters: countParameters(weights) },
    ...(hold ? { hold } : {}),
  } as const satisfies JournalEvent
  const outcome = await store.journal.append({ events: [created], after: 0 })
  return outcome.kind === 'appended' ? stateOfNewStudy(created) : undefined
}

function assertFits(initial: NamedArrays, untrained: NamedArrays): void {
  const what = 'The file of initial weights'
  assertSameSchema(initial, untrained, what)
  const bad = findNonFinite(initial)
  if (bad !== undefined) {
    throw new WeightsMismatchError({ what, problem: `tensor '${bad}' holds a NaN or an infinity` })
  }
}

/** Undefined for an empty journal. Throws JOURNAL_DAMAGED. */
export async function foldJournal(
  journal: Pick<Journal, 'after'>,
): Promise<StudyState | undefined> {
  let state: StudyState | undefined
  for await (const entry of readJournal(journal)) {
    assertNext(entry, state?.seq ?? 0)
    if (state !== undefined) state = applyEvent(state, entry)
    else if (entry.kind === 'study-created') state = stateOfNewStudy(entry)
  }
  return state
}

function assertSame(what: string, given: string, stored: string): void {
  if (given !== stored) throw new StudyDiffersError({ what, given, stored })
}
