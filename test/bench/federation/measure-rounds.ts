/**
 * Whole rounds of real processes over real sockets: a coordinator and site agents whose training takes no time. In the
 * last round the coordinator is killed once half of the updates are in its journal, and started again.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeSafetensors, type NamedArrays } from '@consilium/weights'
import {
  createFederation,
  type Federation,
  type RunningCoordinator,
} from '../../e2e/support/federation.ts'
import { writeImages } from '../../e2e/support/images.ts'
import { createProcesses } from '../../e2e/support/processes.ts'
import { programOfBench, type LineProcess, type LineProcesses } from '../line-processes.ts'
import { medianOf } from './median-of.ts'
import { peakRssMiB } from './peak-rss.ts'
import { r50Plan } from './plans.ts'
import { readJournal } from './read-journal.ts'
import { roundPhases, type RoundPhases } from './round-phases.ts'
import type { SiteJob, SiteStep } from './site-process.ts'

export interface RoundsResult {
  /** Median of the rounds after the first: everything but local training. */
  readonly roundOverheadSeconds: number
  readonly rounds: readonly RoundPhases[]
  readonly coordinatorPeakRssMiB: number
  /** From the start of the coordinator's process until it says that it is ready. */
  readonly recoverySeconds: number
}

export interface MeasureRoundsOptions {
  /** Of the plan. */
  readonly weights: NamedArrays
  readonly folder: string
  readonly processes: LineProcesses
  readonly clock: () => number
  readonly say: (line: string) => void
}

const SITES = 4
/** The first is cold, the last is disturbed. */
const ROUNDS = 6

export async function measureRounds(options: MeasureRoundsOptions): Promise<RoundsResult> {
  const { folder, say } = options
  const programs = createProcesses()
  const federation = createFederation(folder, programs.start)
  try {
    say(`${SITES} sites, ${ROUNDS} rounds`)
    const first = await federation.serve(r50Plan({ sites: SITES, rounds: ROUNDS }))
    const sites = await startSites(options, first, federation)
    const answers = Promise.all(sites.map((site) => site.ask({})))
    const half = await Promise.race([
      first.eventsUpTo((ROUNDS - 1) * SITES + SITES / 2, 'update-spooled'),
      // A site that fails says so instead of being waited for.
      answers.then(() => {
        throw new Error('internal: the sites ended before the coordinator was killed')
      }),
    ])
    const coordinatorPeakRssMiB = await peakRssMiB(first.pid)
    first.kill()
    await first.ended
    say(`killed with ${half.length} updates in the journal`)
    const { coordinator, seconds } = await recover(federation, first, options.clock)
    say(`ready again after ${seconds.toFixed(2)} s`)
    const steps = ((await answers) as { steps: SiteStep[] }[]).flatMap((answer) => answer.steps)
    await Promise.all(sites.map((site) => site.end()))
    const journal = await readJournal(coordinator.url)
    const rounds = Array.from({ length: ROUNDS - 1 }, (_, i) => roundPhases(i + 1, journal, steps))
    return {
      roundOverheadSeconds: medianOf(rounds.slice(1).map(({ total }) => total)),
      rounds,
      coordinatorPeakRssMiB,
      recoverySeconds: seconds,
    }
  } finally {
    await programs.stopAll()
  }
}

async function startSites(
  { weights, folder, processes }: MeasureRoundsOptions,
  { url }: RunningCoordinator,
  federation: Federation,
): Promise<readonly LineProcess[]> {
  const films = await writeImages(join(folder, 'films'), 16, { format: 'rgb png' })
  const names = Array.from({ length: SITES }, (_, i) => `site-${i + 1}`)
  return Promise.all(
    names.map(async (site, i) => {
      const trainedFile = join(folder, `${site}.safetensors`)
      await writeFile(trainedFile, encodeSafetensors(movedBy((i + 1) / 1024, weights)))
      const stateFolder = federation.stateFolderOf(site)
      const job: SiteJob = { url, site, stateFolder, films, trainedFile }
      return processes.start({
        name: site,
        ...programOfBench('federation/site-process', [JSON.stringify(job)]),
      })
    }),
  )
}

const movedBy = (step: number, weights: NamedArrays): NamedArrays =>
  new Map([...weights].map(([name, a]) => [name, { ...a, data: a.data.map((x) => x + step) }]))

async function recover(
  federation: Federation,
  { port, stateFolder }: RunningCoordinator,
  clock: () => number,
): Promise<{ readonly coordinator: RunningCoordinator; readonly seconds: number }> {
  const startedAt = clock()
  const coordinator = await federation.serve(undefined, { port, stateFolder })
  const response = await fetch(`${coordinator.url}/readyz`)
  if (!response.ok) throw new Error(`internal: not ready: ${await response.text()}`)
  return { coordinator, seconds: (clock() - startedAt) / 1000 }
}
