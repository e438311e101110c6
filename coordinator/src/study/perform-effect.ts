/** Carries out what the round machine asks for: timers, averaging, files, messages to sites. */
import { ConsiliumError } from '@consilium/errors'
import { foldRound } from '../aggregation/fold-round.ts'
import { stalenessExponent } from '../aggregation/staleness-exponent.ts'
import type { AggregationPlan } from '@consilium/study'
import type { BlobStore } from '../blobs/blob-store.ts'
import type { Spool } from '../blobs/spool.ts'
import { CoordinatorStoppingError, LeaseLostError } from '../errors.ts'
import type { JournalEvent } from '../journal/journal-event.ts'
import { writeRelease } from '../registry/release.ts'
import type { Deadline } from '../rounds/deadline.ts'
import { atDeadline } from '../rounds/round-machine.ts'
import type { PerformedEffect } from '../rounds/effect-scope.ts'
import type { Decision, StudyDriver } from '../rounds/study-driver.ts'
import { joinedSites, type Phase, type StudyState } from '../rounds/study-state.ts'
import type { LiveSites } from '../sockets/live-sites.ts'
import * as message from '../sockets/site-messages.ts'
import type { Fence } from '../store/lease.ts'

export interface PerformDeps {
  readonly driver: StudyDriver
  readonly blobs: BlobStore
  readonly spool: Spool
  readonly deadline: Deadline
  readonly live: LiveSites
  /** Ends what is running when the coordinator stops. */
  readonly signal: AbortSignal
  readonly onFatal: (error: unknown) => void
}

export interface Performer {
  perform(effect: PerformedEffect): void
  /** Resolves when no effect is running. */
  idle(): Promise<void>
}

export function createPerformer(deps: PerformDeps): Performer {
  const running = new Set<Promise<void>>()
  return {
    perform(effect) {
      const work = carryOut(deps, effect)
        .catch((error: unknown) => {
          if (!deps.signal.aborted && !isGivenUp(error)) deps.onFatal(error)
        })
        .finally(() => running.delete(work))
      running.add(work)
    },
    async idle() {
      await Promise.all(running)
    },
  }
}

/** The coordinator stops, or another one does it. */
const isGivenUp = (error: unknown): boolean =>
  error instanceof CoordinatorStoppingError || error instanceof LeaseLostError

async function carryOut(deps: PerformDeps, effect: PerformedEffect): Promise<void> {
  const { driver, live, spool } = deps
  const state = driver.state()
  switch (effect.kind) {
    case 'start-deadline':
      startDeadline(deps, effect)
      return
    case 'invite':
      live.send(effect.sites, message.invitation(state, deps.deadline.remainingMs()))
      return
    case 'average':
      deps.deadline.stop()
      await average(deps)
      return
    case 'announce-result':
      live.send(joinedSites(state), message.lastResult(state))
      return
    case 'discard-updates':
      await spool.discardRound(state.rounds.length)
      return
    case 'release':
      await release(deps)
      return
    case 'announce-release':
      live.send(joinedSites(state), message.release(state))
      return
    case 'announce-abort':
      deps.deadline.stop()
      live.send(joinedSites(state), message.abortion(state))
  }
}

/** Every coordinator shows the clock; the one that holds the lease when it runs out acts. */
function startDeadline(
  { driver, deadline, onFatal }: PerformDeps,
  { round, afterMs }: { round: number; afterMs: number },
): void {
  deadline.start(afterMs, () => {
    const fence = driver.fence()
    if (fence === undefined) return
    const decide: Decision = (state) => {
      const event = atDeadline(state, round)
      return event === undefined ? [] : [event]
    }
    driver.submit(decide, fence).catch((error: unknown) => {
      if (!isGivenUp(error)) onFatal(error)
    })
  })
}

async function average({ driver, blobs, spool, signal }: PerformDeps): Promise<void> {
  const fence = heldFence(driver)
  const { plan, model, phase } = driver.state()
  const { round, base, updates } = averagingRound(phase)
  const { parameters } = model
  /** Recorded once, whoever was first. */
  const record = (event: JournalEvent): Promise<void> =>
    driver.submit((state) => (isAveraging(state, round) ? [event] : []), fence)
  try {
    const folded = await foldRound(
      {
        aggregation: plan.aggregation ?? BY_SAMPLES,
        stalenessExponent: stalenessExponent(plan),
        parameters,
        base: { path: await blobs.file(base), sha256: base },
        updates: updates.map((u) => ({ ...u, path: spool.pathOf({ round, site: u.site }) })),
      },
      { blobs, signal: AbortSignal.any([signal, fence.signal]) },
    )
    const samples = updates.reduce((sum, update) => sum + update.samples, 0)
    const meanLoss = updates.reduce((sum, u) => sum + (u.samples / samples) * u.meanLoss, 0)
    const next = { ...folded.model, parameters }
    await record({ kind: 'round-committed', round, model: next, meanLoss })
  } catch (error) {
    if (fence.signal.aborted) throw new LeaseLostError()
    if (!(error instanceof ConsiliumError) || !ENDS_STUDY.has(error.code)) throw error
    await record(abortedBy(error))
  }
}

function heldFence(driver: StudyDriver): Fence {
  const fence = driver.fence()
  if (fence === undefined) throw new LeaseLostError()
  return fence
}

const isAveraging = ({ phase }: StudyState, round: number): boolean =>
  phase.kind === 'averaging' && phase.round.round === round

/** What a plan without an aggregation means. */
const BY_SAMPLES: AggregationPlan = { rule: 'fedavg', weighting: 'samples' }

/** Failures of a fold that would come again with the same updates. */
const ENDS_STUDY: ReadonlySet<string> = new Set(['AVERAGE_NOT_FINITE'])

const abortedBy = ({ code, message }: ConsiliumError) =>
  ({ kind: 'study-aborted', code, message }) as const

function averagingRound(phase: Phase): Extract<Phase, { kind: 'averaging' }>['round'] {
  if (phase.kind !== 'averaging') throw new Error('internal: no round is closed')
  return phase.round
}

async function release({ driver, blobs }: PerformDeps): Promise<void> {
  const fence = heldFence(driver)
  const model = await writeRelease(driver.state(), blobs)
  await driver.submit(
    ({ phase }) => (phase.kind === 'releasing' ? [{ kind: 'study-released', model }] : []),
    fence,
  )
}
