/** One study from start to release, with a coordinator that is kept standing and sites that endure. */
import type { JournalEntry } from '@consilium/coordinator'
import type { StudyPlan } from '@consilium/study'
import { tinyPlan } from '../../e2e/support/tiny-plan.ts'
import { checkJournal, type Acknowledged } from './check-journal.ts'
import { takePart } from './enduring-site.ts'
import { BYTE_IDENTICAL, type FaultCase } from './fault-case.ts'
import type { Stage } from './stage.ts'
import {
  keepCoordinator,
  type StandingCoordinator,
  type StandingOptions,
} from './standing-coordinator.ts'
import { createTurns, type Turns } from './turns.ts'

export const SITES = ['bern', 'oslo', 'rome'] as const

/** Small enough that a study takes a second. */
export const smallStudy: StudyPlan = tinyPlan({ sites: SITES.length, rounds: 2 })

/** A study that takes longer is stuck. */
const STUCK_MS = 90_000

export interface Playing {
  readonly coordinator: StandingCoordinator
  /** Aborts when the study is over or stuck. */
  readonly signal: AbortSignal
}

export interface PlayOptions extends Pick<
  StandingOptions,
  'surroundings' | 'onExit' | 'stateFolder'
> {
  readonly plan?: StudyPlan
  /** Where the sites reach the coordinator; default: itself. */
  readonly urlFor?: (site: string, playing: Playing) => Promise<string> | string
  readonly turns?: Turns
  readonly answerMs?: number
  /** Runs beside the study. */
  readonly disturb?: (playing: Playing) => Promise<void>
  /** Of every round; undefined where the fault keeps sites out. */
  readonly contributors?: readonly string[] | undefined
}

export interface Played {
  /** Digest of the released model. */
  readonly released: string
  readonly journal: readonly JournalEntry[]
  /** Broken promises, in words. */
  readonly problems: readonly string[]
  /** How often the coordinator was started. */
  readonly starts: number
}

/** Throws when the study is stuck or refused. */
export async function playStudy(stage: Stage, options: PlayOptions = {}): Promise<Played> {
  const { plan = smallStudy, turns = createTurns(SITES) } = options
  const contributors = 'contributors' in options ? options.contributors : SITES
  const over = new AbortController()
  const { signal } = over
  const acknowledged: Acknowledged[] = []
  const coordinator = await keepCoordinator({
    ...options,
    ...{ plan, start: stage.start, folder: stage.newFolder() },
  })
  const playing = { coordinator, signal }
  const sites = SITES.map(async (site) => {
    const url = (await options.urlFor?.(site, playing)) ?? coordinator.url
    const { answerMs = 5000 } = options
    const onAcknowledged = (update: Acknowledged): void => void acknowledged.push(update)
    return takePart({ url, site, turns, signal, answerMs, onAcknowledged })
  })
  const disturbance = options.disturb?.(playing)
  disturbance?.catch((error: unknown) => {
    over.abort(error)
  })
  try {
    const releases = await Promise.race([
      Promise.all(sites),
      coordinator.failed,
      stuck(coordinator, signal),
    ])
    await disturbance
    const journal = await coordinator.journal()
    const witnessed = { acknowledged, told: coordinator.told() }
    return {
      released: releases[0]!,
      journal,
      starts: coordinator.starts(),
      problems: [
        ...checkJournal(journal, {
          ...witnessed,
          ...(contributors === undefined ? {} : { contributors }),
        }),
        ...(new Set(releases).size > 1 ? ['sites hold different releases'] : []),
      ],
    }
  } finally {
    over.abort(new Error('the study is over'))
    await Promise.allSettled(sites)
    await coordinator.stop()
  }
}

async function stuck(coordinator: StandingCoordinator, signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, STUCK_MS)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })
  const reason = await coordinator.waitReason().catch(() => 'the coordinator does not answer')
  throw new Error(`stuck: ${reason}`)
}

/** Plays a study and compares its release with the undisturbed one's. Never throws. */
export async function caseOf(
  what: Pick<FaultCase, 'fault' | 'where'>,
  undisturbed: string,
  play: () => Promise<Played>,
): Promise<FaultCase> {
  try {
    const { released, problems } = await play()
    const identical = released === undisturbed
    if (problems.length > 0) return { ...what, outcome: problems.join('; '), identical }
    return { ...what, outcome: identical ? BYTE_IDENTICAL : 'another model', identical }
  } catch (error) {
    return { ...what, outcome: messageOf(error), identical: false }
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
