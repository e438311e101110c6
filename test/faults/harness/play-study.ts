/** One study from start to release: a coordinator that is kept standing, sites that endure, and among them real agents. */
import { join } from 'node:path'
import type { JournalEntry } from '@consilium/coordinator'
import type { StudyPlan } from '@consilium/study'
import { writeImages } from '../../e2e/support/images.ts'
import { tinyPlan } from '../../e2e/support/tiny-plan.ts'
import { checkJournal, type Acknowledged } from './check-journal.ts'
import { takePart } from './enduring-site.ts'
import { keepAgent, type StandingAgent, type StandingAgentOptions } from './standing-agent.ts'
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
const STUCK_MS = 120_000

/** At each real site. */
const IMAGES = 24

export interface Playing {
  readonly coordinator: StandingCoordinator
  /** By site. */
  readonly agents: ReadonlyMap<string, StandingAgent>
  /** Aborts when the study is over or stuck. */
  readonly signal: AbortSignal
}

export interface PlayOptions extends Pick<
  StandingOptions,
  'surroundings' | 'onExit' | 'stateFolder'
> {
  readonly plan?: StudyPlan
  /** Which of the sites are processes of the program, and how they are kept; the others speak the protocol by hand. */
  readonly agents?: Readonly<
    Record<
      string,
      Partial<
        Pick<StandingAgentOptions, 'surroundings' | 'onStart' | 'onExit' | 'stateFolder' | 'args'>
      >
    >
  >
  /** Where the sites reach the coordinator; default: itself. */
  readonly urlFor?: (site: string, coordinator: StandingCoordinator) => Promise<string>
  readonly turns?: Turns
  readonly answerMs?: number
  /** Told why an attempt of a site failed that will be repeated. */
  readonly onTrouble?: (site: string, error: unknown) => void
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
  /** What every agent said. */
  readonly agents: ReadonlyMap<string, StandingAgent>
}

/** Throws when the study is stuck or refused. */
export async function playStudy(stage: Stage, options: PlayOptions = {}): Promise<Played> {
  const { plan = smallStudy } = options
  const over = new AbortController()
  const { signal } = over
  const folder = stage.newFolder()
  const coordinator = await keepCoordinator({ ...options, plan, start: stage.start, folder })
  const cast = await startSites(stage, options, { coordinator, folder, signal })
  const { agents } = cast
  const disturbance = options.disturb?.({ coordinator, agents, signal })
  disturbance?.catch((error: unknown) => {
    over.abort(error)
  })
  try {
    const releases = await Promise.race([
      Promise.all(cast.releases),
      coordinator.failed,
      stuck(coordinator, signal),
    ])
    await disturbance
    const journal = await coordinator.journal()
    const problems = problemsOf(options, { releases, journal, coordinator, cast })
    return { released: releases[0]!, journal, problems, agents }
  } finally {
    over.abort(new Error('the study is over'))
    await Promise.allSettled([...agents.values()].map((agent) => agent.stop()))
    await Promise.allSettled(cast.byHand)
    await coordinator.stop()
  }
}

interface Cast {
  readonly agents: ReadonlyMap<string, StandingAgent>
  readonly byHand: readonly Promise<string>[]
  readonly releases: readonly Promise<string>[]
  readonly acknowledged: () => readonly Acknowledged[]
}

async function startSites(
  stage: Stage,
  options: PlayOptions,
  around: { coordinator: StandingCoordinator; folder: string; signal: AbortSignal },
): Promise<Cast> {
  const { coordinator, folder, signal } = around
  const { answerMs = 5000, onTrouble } = options
  const real = SITES.filter((site) => options.agents?.[site] !== undefined)
  const made = SITES.filter((site) => !real.includes(site))
  const { turns = createTurns(made) } = options
  const acknowledged: Acknowledged[] = []
  const onAcknowledged = (update: Acknowledged): void => void acknowledged.push(update)
  const urlOf = async (site: string): Promise<string> =>
    (await options.urlFor?.(site, coordinator)) ?? coordinator.url
  const agents = new Map<string, StandingAgent>()
  for (const [i, site] of real.entries()) {
    const data = await writeImages(join(folder, `images-${site}`), IMAGES, { seed: i + 1 })
    const kept = { url: await urlOf(site), site, data, stateFolder: join(folder, site) }
    agents.set(site, keepAgent({ ...kept, start: stage.start, ...options.agents?.[site] }))
  }
  const byHand = made.map(async (site) => {
    const trouble = { onTrouble: (error: unknown) => onTrouble?.(site, error) }
    const url = await urlOf(site)
    return takePart({ url, site, turns, signal, answerMs, onAcknowledged, ...trouble })
  })
  for (const site of byHand) site.catch(() => undefined) // Met when it is waited for.
  return {
    agents,
    byHand,
    releases: [...byHand, ...[...agents.values()].map(({ released }) => released)],
    acknowledged: () => [
      ...acknowledged,
      ...[...agents.values()].flatMap((agent) => agent.acknowledged()),
    ],
  }
}

function problemsOf(
  options: PlayOptions,
  seen: {
    releases: readonly string[]
    journal: readonly JournalEntry[]
    coordinator: StandingCoordinator
    cast: Cast
  },
): readonly string[] {
  const { releases, journal, coordinator, cast } = seen
  const contributors = 'contributors' in options ? options.contributors : SITES
  const witnessed = { acknowledged: cast.acknowledged(), told: coordinator.told() }
  const expected = contributors === undefined ? {} : { contributors }
  return [
    ...checkJournal(journal, { ...witnessed, ...expected }),
    ...(new Set(releases).size > 1 ? ['sites hold different releases'] : []),
  ]
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
