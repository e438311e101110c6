/** One study from start to end: a coordinator that is kept standing, sites that endure, and among them real agents. */
import { join } from 'node:path'
import type { JournalEntry } from '@consilium/coordinator'
import type { StudyPlan } from '@consilium/study'
import { writeImages } from '../../e2e/support/images.ts'
import type { Outcome } from './case-of.ts'
import { checkJournal, type Acknowledged } from './check-journal.ts'
import { takePart, type Deed, type End } from './enduring-site.ts'
import { keepAgent, type StandingAgent, type StandingAgentOptions } from './standing-agent.ts'
import type { Stage } from './stage.ts'
import {
  keepCoordinator,
  type StandingCoordinator,
  type StandingOptions,
} from './standing-coordinator.ts'
import { createTurns, type Turns } from './turns.ts'

export const SITES = ['bern', 'oslo', 'rome'] as const

/** Into how many chunks the sites that speak by hand cut an update; the last of them speaks version 1, without chunks. */
const CHUNKS: Readonly<Record<string, number>> = { bern: 5, oslo: 4 }

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
  'surroundings' | 'onExit' | 'stateFolder' | 'args'
> {
  readonly plan: StudyPlan
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
  /** Of the sites that speak by hand; default: one after the other. */
  readonly turns?: (coordinator: StandingCoordinator, signal: AbortSignal) => Turns
  readonly deedOf?: (
    site: string,
    round: number,
    playing: Pick<Playing, 'coordinator' | 'signal'>,
  ) => Deed
  readonly answerMs?: number
  /** Told why an attempt of a site failed that will be repeated. */
  readonly onTrouble?: (site: string, error: unknown) => void
  /** Runs beside the study. */
  readonly disturb?: (playing: Playing) => Promise<void>
  /** Of every round; undefined where the plan or the fault keeps sites out. */
  readonly contributors?: readonly string[] | undefined
}

export interface Played extends Outcome {
  readonly journal: readonly JournalEntry[]
  /** What every agent said. */
  readonly agents: ReadonlyMap<string, StandingAgent>
}

/** Throws when the study is stuck. */
export async function playStudy(stage: Stage, options: PlayOptions): Promise<Played> {
  const over = new AbortController()
  const { signal } = over
  const folder = stage.newFolder()
  const coordinator = await keepCoordinator({ ...options, start: stage.start, folder })
  const cast = await startSites(stage, options, { coordinator, folder, signal })
  const { agents } = cast
  const disturbance = options.disturb?.({ coordinator, agents, signal })
  disturbance?.catch((error: unknown) => {
    over.abort(error)
  })
  try {
    const ends = await Promise.race([
      Promise.all(cast.ends),
      coordinator.failed,
      stuck(coordinator, signal),
    ])
    await disturbance
    const journal = await coordinator.journal()
    const { end, problems } = commonEnd(ends)
    const broken = brokenPromises(options, { journal, coordinator, cast })
    return { end, journal, problems: [...problems, ...broken], agents }
  } finally {
    over.abort(new Error('the study is over'))
    await Promise.allSettled([...agents.values()].map((agent) => agent.stop()))
    await Promise.allSettled(cast.byHand)
    await coordinator.stop()
  }
}

interface Cast {
  readonly agents: ReadonlyMap<string, StandingAgent>
  readonly byHand: readonly Promise<End>[]
  readonly ends: readonly Promise<End>[]
  readonly acknowledged: () => readonly Acknowledged[]
}

async function startSites(
  stage: Stage,
  options: PlayOptions,
  around: { coordinator: StandingCoordinator; folder: string; signal: AbortSignal },
): Promise<Cast> {
  const { coordinator, folder } = around
  const real = SITES.filter((site) => options.agents?.[site] !== undefined)
  const made = SITES.filter((site) => !real.includes(site))
  const acknowledged: Acknowledged[] = []
  const agents = new Map<string, StandingAgent>()
  for (const [i, site] of real.entries()) {
    const data = await writeImages(join(folder, `images-${site}`), IMAGES, { seed: i + 1 })
    const url = await urlOf(options, site, coordinator)
    const kept = { url, site, data, stateFolder: join(folder, site) }
    agents.set(site, keepAgent({ ...kept, start: stage.start, ...options.agents?.[site] }))
  }
  const byHand = takePartByHand(made, options, {
    ...around,
    onAcknowledged: (update) => void acknowledged.push(update),
  })
  return {
    agents,
    byHand,
    ends: [...byHand, ...[...agents.values()].map(endOf)],
    acknowledged: () => [
      ...acknowledged,
      ...[...agents.values()].flatMap((agent) => agent.acknowledged()),
    ],
  }
}

const endOf = async ({ released }: StandingAgent): Promise<End> => ({
  kind: 'released',
  sha256: await released,
})

const urlOf = async (
  { urlFor }: PlayOptions,
  site: string,
  coordinator: StandingCoordinator,
): Promise<string> => (await urlFor?.(site, coordinator)) ?? coordinator.url

function takePartByHand(
  sites: readonly string[],
  options: PlayOptions,
  around: {
    coordinator: StandingCoordinator
    signal: AbortSignal
    onAcknowledged: (update: Acknowledged) => void
  },
): readonly Promise<End>[] {
  const { coordinator, signal, onAcknowledged } = around
  const { answerMs = 5000, onTrouble, deedOf } = options
  const turns = options.turns?.(coordinator, signal) ?? createTurns(sites)
  const ends = sites.map(async (site) =>
    takePart({
      ...{ url: await urlOf(options, site, coordinator), site, chunks: CHUNKS[site] },
      ...{ turns, signal, answerMs, onAcknowledged },
      deedIn: (round) => deedOf?.(site, round, around) ?? 'deliver',
      onTrouble: (error) => onTrouble?.(site, error),
    }),
  )
  for (const end of ends) end.catch(() => undefined) // Met when it is waited for.
  return ends
}

/** Of all who stayed. */
function commonEnd(ends: readonly End[]): Pick<Outcome, 'end' | 'problems'> {
  const stayed = ends.filter(({ kind }) => kind !== 'left')
  const different = new Set(stayed.map((end) => JSON.stringify(end)))
  return {
    end: stayed[0]!,
    problems: different.size > 1 ? [`sites were told: ${[...different].join(' and ')}`] : [],
  }
}

function brokenPromises(
  options: PlayOptions,
  seen: { journal: readonly JournalEntry[]; coordinator: StandingCoordinator; cast: Cast },
): readonly string[] {
  const { journal, coordinator, cast } = seen
  const contributors = 'contributors' in options ? options.contributors : SITES
  const witnessed = { acknowledged: cast.acknowledged(), told: coordinator.told() }
  const expected = contributors === undefined ? {} : { contributors }
  return checkJournal(journal, { ...witnessed, ...expected })
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
