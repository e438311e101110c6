/** Carries out what the round machine asks for: timers, averaging, files, messages to sites. */
import type { ConsiliumError } from '@consilium/errors'
import { federatedAverage } from '../aggregation/federated-average.ts'
import type { BlobStore } from '../blobs/blob-store.ts'
import type { Spool } from '../blobs/spool.ts'
import { AverageNotFiniteError, CoordinatorStoppingError } from '../errors.ts'
import { writeRelease } from '../registry/release.ts'
import type { Deadline } from '../rounds/deadline.ts'
import { atDeadline } from '../rounds/round-machine.ts'
import type { PerformedEffect, StudyDriver } from '../rounds/study-driver.ts'
import { joinedSites, type Phase } from '../rounds/study-state.ts'
import type { LiveSites } from '../sockets/live-sites.ts'
import * as message from '../sockets/site-messages.ts'

export interface PerformDeps {
  readonly driver: StudyDriver
  readonly blobs: BlobStore
  readonly spool: Spool
  readonly deadline: Deadline
  readonly live: LiveSites
  /** Ends the averaging when the coordinator stops. */
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
          const stopping = deps.signal.aborted || error instanceof CoordinatorStoppingError
          if (!stopping) deps.onFatal(error)
        })
        .finally(() => running.delete(work))
      running.add(work)
    },
    async idle() {
      await Promise.all(running)
    },
  }
}

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

function startDeadline(
  { driver, deadline, onFatal }: PerformDeps,
  { round, afterMs }: { round: number; afterMs: number },
): void {
  deadline.start(afterMs, () => {
    driver
      .submit((state) => {
        const event = atDeadline(state, round)
        return event === undefined ? [] : [event]
      })
      .catch((error: unknown) => {
        if (!(error instanceof CoordinatorStoppingError)) onFatal(error)
      })
  })
}

async function average({ driver, blobs, spool, signal }: PerformDeps): Promise<void> {
  const { model, phase } = driver.state()
  const { round, base, updates } = averagingRound(phase)
  const { parameters } = model
  try {
    const blob = await blobs.write(
      federatedAverage({
        base: { path: blobs.pathOf(base), sha256: base },
        parameters,
        updates: updates.map((u) => ({ ...u, path: spool.pathOf({ round, site: u.site }) })),
        signal,
      }),
    )
    const samples = updates.reduce((sum, update) => sum + update.samples, 0)
    const meanLoss = updates.reduce((sum, u) => sum + (u.samples / samples) * u.meanLoss, 0)
    await driver.submit(() => [
      { kind: 'round-committed', round, model: { ...blob, parameters }, meanLoss },
    ])
  } catch (error) {
    if (!(error instanceof AverageNotFiniteError)) throw error
    await driver.submit(() => [abortedBy(error)])
  }
}

const abortedBy = ({ code, message }: ConsiliumError) =>
  ({ kind: 'study-aborted', code, message }) as const

function averagingRound(phase: Phase): Extract<Phase, { kind: 'averaging' }>['round'] {
  if (phase.kind !== 'averaging') throw new Error('internal: no round is closed')
  return phase.round
}

async function release({ driver, blobs }: PerformDeps): Promise<void> {
  const model = await writeRelease(driver.state(), blobs)
  await driver.submit(() => [{ kind: 'study-released', model }])
}
