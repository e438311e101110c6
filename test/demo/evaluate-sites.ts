/** Every site measures the released backbone on its own images, all at once, as hospitals would. */
import type { SiteEvaluation } from '@consilium/learning'
import type { EvaluationOptions } from './demo-plan.ts'
import { UnexpectedOutputError } from './errors.ts'
import type { Processes } from './processes.ts'
import type { EvaluationEvent } from './progress-board.ts'
import { siteFolder } from './run-study.ts'
import type { SiteSource } from './site-sources.ts'

export interface SitesToEvaluate extends EvaluationOptions {
  readonly processes: Processes
  readonly sites: readonly SiteSource[]
  /** A hospital that took no part: it borrows the release of the first site. */
  readonly holdout: SiteSource | undefined
  readonly stateFolder: string
  readonly onSite: (site: string, event: EvaluationEvent) => void
}

export interface SiteEvaluations {
  readonly sites: readonly SiteEvaluation[]
  readonly holdout: SiteEvaluation | undefined
}

/** Throws DEMO_PROCESS_FAILED and DEMO_UNEXPECTED_OUTPUT. */
export async function evaluateSites(options: SitesToEvaluate): Promise<SiteEvaluations> {
  const { sites, holdout } = options
  const jobs = [...sites, ...(holdout === undefined ? [] : [holdout])]
  const evaluations = await Promise.all(jobs.map((site) => evaluate(site, options)))
  return {
    sites: evaluations.slice(0, sites.length),
    holdout: evaluations[sites.length],
  }
}

async function evaluate(site: SiteSource, options: SitesToEvaluate): Promise<SiteEvaluation> {
  const { processes, stateFolder, sites, holdout, alone, fineTuneSteps, onSite } = options
  const name = `evaluation at ${site.name}`
  const release = siteFolder(stateFolder, sites[0]!.name)
  let found: SiteEvaluation | undefined
  const { ended } = processes.start({
    name,
    program: 'consilium-site',
    args: [
      ...['evaluate', '--data', site.source, '--state', siteFolder(stateFolder, site.name)],
      ...(site === holdout ? ['--release', release, '--site', site.name] : []),
      ...(alone ? [] : ['--no-alone']),
      ...['--fine-tune-steps', String(fineTuneSteps), '--threads', '1', '--json'],
    ],
    onEvent(event) {
      if (event.event === 'error') return
      const told = event as unknown as EvaluationEvent
      if (told.event === 'evaluation') found = told.evaluation
      onSite(site.name, told)
    },
  })
  await ended
  if (found === undefined) throw new UnexpectedOutputError({ name, expected: 'an evaluation' })
  return found
}
