/** The demonstration from its options to its report. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { StudyPlan } from '@consilium/study'
import { aggregateReport } from './aggregate-report.ts'
import type { DemoOptions } from './demo-options.ts'
import { createDemoPlan } from './demo-plan.ts'
import { evaluateSites } from './evaluate-sites.ts'
import { exampleViews } from './example-views.ts'
import { hospitals, unseenHospital } from './hospitals/hospital.ts'
import { writeHospitals } from './hospitals/write-hospitals.ts'
import { createLossCurves } from './loss-curves.ts'
import { renderReport } from './page/render-report.ts'
import type { Processes } from './processes.ts'
import type { DemoReport } from './report.ts'
import { runStudy, siteFolder, type FinishedStudy } from './run-study.ts'
import type { Screen } from './screen.ts'
import { resolveSource, sitesOf, type SiteSource } from './site-sources.ts'
import { writeFileWhole } from './write-file-whole.ts'

export interface DemoDeps {
  readonly processes: Processes
  readonly screen: Screen
  /** Milliseconds. */
  readonly clock: () => number
  /** Relative paths begin here. */
  readonly base: string
}

const DATA_FOLDER = 'consilium-demo'

/** Throws ConsiliumErrors. Processes may still run afterwards: the caller stops them. */
export async function runDemo(options: DemoOptions, deps: DemoDeps): Promise<DemoReport> {
  const { processes, screen, clock, base } = deps
  const startedAt = clock()
  const siteCount = options.data.length > 0 ? options.data.length : hospitals.length
  const plan = createDemoPlan(options.study, siteCount)
  const { sites, holdout } = await prepareSites(options, deps)
  if (holdout !== undefined) await checkHoldout(holdout, options.study, processes)
  const out = path.resolve(base, options.out)
  const stateFolder = await createStateFolder(path.join(out, 'state'))
  const losses = createLossCurves()
  const study = await runStudy({
    processes,
    planFile: await writePlan(stateFolder, plan),
    sites,
    stateFolder,
    threads: options.threads,
    onDashboard(url) {
      screen.say(`Dashboard: ${url}`)
    },
    onSite(site, event) {
      if (event.event === 'progress') losses.add(site, event)
      screen.site(site, event)
    },
  })
  screen.release()
  screen.say('The backbone is released. Every site now measures it on its own held-out images.')
  const evaluations = await evaluateSites({
    processes,
    sites,
    holdout,
    stateFolder,
    ...options.evaluation,
    onSite(site, event) {
      screen.site(site, event)
    },
  })
  screen.release()
  const seconds = (clock() - startedAt) / 1000
  const report = aggregateReport({ study, ...evaluations, losses: losses.curves(), seconds })
  await writeReport(report, { out, stateFolder, study })
  return report
}

/** The agents check their own data before they join; the hospital outside the federation is only needed at the end. */
async function checkHoldout(
  { name, source }: SiteSource,
  { size, channels }: DemoOptions['study'],
  processes: Processes,
): Promise<void> {
  const { ended } = processes.start({
    name: `data check at ${name}`,
    program: 'consilium-site',
    args: [
      ...['data', 'check', '--data', source, '--labels-required', '--json'],
      ...['--size', String(size), '--channels', String(channels)],
    ],
    onEvent: () => undefined,
  })
  await ended
}

/** Every run begins with nothing; what earlier runs of the demo left there is removed. */
async function createStateFolder(parent: string): Promise<string> {
  const earlier = await readdir(parent).catch(() => [])
  const runs = earlier.filter((name) => /^\d{4}-\d\d-\d\dT[\d-]+Z$/.test(name))
  await Promise.all(runs.map((name) => rm(path.join(parent, name), { recursive: true })))
  return path.join(parent, new Date().toISOString().replaceAll(/[:.]/g, '-'))
}

interface Sites {
  readonly sites: readonly SiteSource[]
  readonly holdout: SiteSource | undefined
}

/** The user's data, or films of invented hospitals, drawn where they are not there yet. */
async function prepareSites(options: DemoOptions, deps: DemoDeps): Promise<Sites> {
  const { data, holdout } = options
  const invented = [
    ...(data.length > 0 ? [] : hospitals),
    ...(holdout === true ? [unseenHospital] : []),
  ]
  const written = await writeInvented(invented, options, deps)
  const own = sitesOf(data, deps.base)
  const sites = data.length > 0 ? own : written.slice(0, hospitals.length)
  if (holdout === true) return { sites, holdout: written.at(-1) }
  if (holdout === undefined) return { sites, holdout: undefined }
  return { sites, holdout: { name: 'holdout', source: resolveSource(holdout, deps.base) } }
}

async function writeInvented(
  invented: readonly (typeof unseenHospital)[],
  { quick, films }: DemoOptions,
  { screen, base }: DemoDeps,
): Promise<readonly SiteSource[]> {
  const folder = path.join(base, DATA_FOLDER, quick ? 'data-quick' : 'data')
  let announced = false
  const folders = await writeHospitals({
    hospitals: invented,
    folder,
    films,
    onProgress(done, total) {
      if (!announced)
        screen.say(`Drawing ${total} films of invented patients into ${folder} (first run only)`)
      announced = true
      screen.progress(`films ${done}/${total}`)
    },
  })
  return invented.map(({ site }, i) => ({ name: site.name, source: folders[i]! }))
}

async function writePlan(stateFolder: string, plan: StudyPlan): Promise<string> {
  await mkdir(stateFolder, { recursive: true })
  const file = path.join(stateFolder, 'plan.json')
  await writeFile(file, JSON.stringify(plan, undefined, 2))
  return file
}

async function writeReport(
  report: DemoReport,
  { out, stateFolder, study }: { out: string; stateFolder: string; study: FinishedStudy },
): Promise<void> {
  const views = await Promise.all(
    report.sites.map(async ({ name }) => ({
      site: name,
      png: await exampleViews(siteFolder(stateFolder, name), study.view.plan),
    })),
  )
  await writeFileWhole(path.join(out, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`)
  await writeFileWhole(path.join(out, 'report.html'), renderReport(report, views))
}
