/** Carries out what the round machine asks for: timers, averaging, files, messages to sites. */
import type { BlobStore } from '../blobs/blob-store.ts'
import { CoordinatorStoppingError, LeaseLostError } from '../errors.ts'
import { writeRelease } from '../registry/release.ts'
import type { Deadline } from '../rounds/deadline.ts'
import { atDeadline } from '../rounds/due-event.ts'
import type { PerformedEffect } from '../rounds/effect-scope.ts'
import type { Decision, StudyDriver } from '../rounds/study-driver.ts'
import { idleSites, joinedSites } from '../rounds/study-state.ts'
import type { LiveSites } from '../sockets/live-sites.ts'
import * as message from '../sockets/site-messages.ts'
import { discardOldState, discardUpdates, foldClosedRound } from './fold-closed-round.ts'
import type { Fence } from '../store/lease.ts'

export interface PerformDeps {
  readonly driver: StudyDriver
  readonly blobs: BlobStore
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
  const { driver, live } = deps
  const state = driver.state()
  switch (effect.kind) {
    case 'start-deadline':
      startDeadline(deps, effect)
      return
    case 'stop-deadline':
      deps.deadline.stop()
      return
    case 'invite':
      live.send(effect.sites, message.invitation(state, deps.deadline.remainingMs()))
      return
    case 'fold':
      await foldClosedRound(deps, heldFence(driver))
      return
    case 'announce-result':
      live.send(idleSites(state), message.lastResult(state))
      return
    case 'discard-updates':
      await discardUpdates(deps, effect.round)
      await discardOldState(deps)
      return
    case 'release':
      await release(deps)
      return
    case 'announce-release':
      live.send(joinedSites(state), message.release(state))
      return
    case 'announce-abort':
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

function heldFence(driver: StudyDriver): Fence {
  const fence = driver.fence()
  if (fence === undefined) throw new LeaseLostError()
  return fence
}

async function release({ driver, blobs }: PerformDeps): Promise<void> {
  const fence = heldFence(driver)
  const model = await writeRelease(driver.state(), blobs)
  await driver.submit(
    ({ phase }) => (phase.kind === 'releasing' ? [{ kind: 'study-released', model }] : []),
    fence,
  )
}
