/** From a closed round to the journal's word that its model is there. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { ConsiliumError } from '@consilium/errors'
import type { AggregationPlan } from '@consilium/study'
import { neededBlobs } from '../admission/needed-blobs.ts'
import { foldRound } from '../aggregation/fold-round.ts'
import type { FoldRequest } from '../aggregation/fold-request.ts'
import { stalenessExponent } from '../aggregation/staleness-exponent.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import { LeaseLostError } from '../errors.ts'
import type { JournalEvent, UpdateRecord } from '../journal/journal-event.ts'
import type { StudyDriver } from '../rounds/study-driver.ts'
import type { Phase, StudyState } from '../rounds/study-state.ts'
import { updateBlob } from '../rounds/update-blob.ts'
import type { Fence } from '../store/lease.ts'

export interface FoldDeps {
  readonly driver: StudyDriver
  readonly blobs: BlobStore
  /** Ends the fold when the coordinator stops. */
  readonly signal: AbortSignal
}

/** What a plan without an aggregation means. */
const BY_SAMPLES: AggregationPlan = { rule: 'fedavg', weighting: 'samples' }

/** Failures that would come again with the same updates. */
const ENDS_STUDY: ReadonlySet<string> = new Set(['AVERAGE_NOT_FINITE', 'COHORT_TOO_SMALL'])

/** Perhaps of an update, which its site can send again; perhaps of the model, which nobody can. */
const DAMAGE: ReadonlySet<string> = new Set(['BLOB_CORRUPT', 'BLOB_MISSING'])

/**
 * Throws LEASE_LOST, and BLOB_CORRUPT or BLOB_MISSING of a model. What ends the study is recorded and not thrown, and so are
 * updates that are lost.
 */
export async function foldClosedRound(deps: FoldDeps, fence: Fence): Promise<void> {
  const { driver, blobs, signal } = deps
  const { model, phase } = driver.state()
  const { round, updates: arrived } = closedRound(phase)
  // Sums of floats depend on their order: that of arrival must not be told from them.
  const updates = [...arrived].sort((a, b) => (a.site < b.site ? -1 : 1))
  /** Recorded once, whoever was first. */
  const record = (event: JournalEvent): Promise<void> =>
    driver.submit((state) => (isFolding(state, round) ? [event] : []), fence)
  try {
    const folded = await foldRound(await requestOf(deps), {
      blobs,
      signal: AbortSignal.any([signal, fence.signal]),
    })
    const samples = updates.reduce((sum, update) => sum + update.samples, 0)
    await record({
      kind: 'round-folded',
      round,
      model: { ...folded.model, parameters: model.parameters },
      meanLoss: updates.reduce((sum, u) => sum + (u.samples / samples) * u.meanLoss, 0),
      contributions: folded.contributions,
      ...(folded.state !== undefined && { optimiserState: folded.state }),
    })
  } catch (error) {
    // Another coordinator may have folded the round and deleted its updates while this one was stopped.
    await driver.catchUp()
    if (fence.signal.aborted || !isFolding(driver.state(), round)) throw new LeaseLostError()
    if (!(error instanceof ConsiliumError)) throw error
    const sites = DAMAGE.has(error.code) ? await sitesOfLost(updates, blobs) : []
    if (sites.length > 0) await record({ kind: 'updates-lost', round, sites })
    else if (ENDS_STUDY.has(error.code))
      await record({ kind: 'study-aborted', code: error.code, message: error.message })
    else throw error
  }
}

/** Whose updates are not there, or are not what they were. */
async function sitesOfLost(updates: readonly UpdateRecord[], blobs: BlobStore): Promise<string[]> {
  const lost: string[] = []
  for (const update of updates)
    if (!(await isStored(updateBlob(update), blobs))) lost.push(update.site)
  return lost
}

async function isStored(digest: string, blobs: BlobStore): Promise<boolean> {
  try {
    const hash = createHash('sha256')
    await pipeline(createReadStream(await blobs.file(digest)), hash)
    return hash.digest('hex') === digest
  } catch (error) {
    if (error instanceof ConsiliumError && DAMAGE.has(error.code)) return false
    throw error
  }
}

async function requestOf({ driver, blobs }: FoldDeps): Promise<FoldRequest> {
  const state = driver.state()
  const { plan, model, rounds, phase } = state
  const { round, base, updates } = closedRound(phase)
  const stored = async (sha256: string) => ({ sha256, path: await blobs.file(sha256) })
  const kept = rounds.at(-1)?.optimiserState
  return {
    aggregation: plan.aggregation ?? BY_SAMPLES,
    optimiser: plan.optimiser,
    stalenessExponent: stalenessExponent(plan),
    parameters: model.parameters,
    base: await stored(base),
    updates: await Promise.all(
      updates.map(async (update) => ({ ...update, ...(await stored(updateBlob(update))) })),
    ),
    ...(kept !== undefined && { state: await stored(kept.sha256) }),
    // A constant N: c stays what the sites' c_i add up to, over N, also when sites join later.
    control: { sites: plan.cohort.sites, round, schedule: plan.schedule },
  }
}

/**
 * No single update of a site is kept longer than it is needed. Without the lease only the copies are deleted: another
 * coordinator deletes what they were copied from.
 */
export async function discardUpdates({ driver, blobs }: FoldDeps, round: number): Promise<void> {
  const discard = driver.fence() === undefined ? blobs.forget : blobs.remove
  const state = driver.state()
  const needed = neededBlobs(state)
  const { rounds, abandoned } = state
  const past = [...rounds, ...(abandoned ? [abandoned] : [])]
    .filter((known) => known.round === round)
    .flatMap(({ updates }) => updates.map(updateBlob))
  await Promise.all(
    [...new Set(past)].filter((digest) => !needed.has(digest)).map((digest) => discard(digest)),
  )
}

/** Removes what the round before the last one kept: only the newest is folded with. */
export async function discardOldState({ driver, blobs }: FoldDeps): Promise<void> {
  const discard = driver.fence() === undefined ? blobs.forget : blobs.remove
  const [before, last] = driver
    .state()
    .rounds.slice(-2)
    .map((round) => round.optimiserState)
  if (before !== undefined && last !== undefined && before.sha256 !== last.sha256) {
    await discard(before.sha256)
  }
}

const isFolding = ({ phase }: StudyState, round: number): boolean =>
  phase.kind === 'averaging' && phase.round.round === round

function closedRound(phase: Phase): Extract<Phase, { kind: 'averaging' }>['round'] {
  if (phase.kind !== 'averaging') throw new Error('internal: no round is closed')
  return phase.round
}
