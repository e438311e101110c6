/** One coordinator and one agent per site, each a process of its own, from the first round to the release. */
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { JournalEntry, Manifest, StudyView } from '@consilium/coordinator'
import type { AgentEvent } from '@consilium/site-agent'
import { ProcessFailedError, UnexpectedOutputError } from './errors.ts'
import type { ProcessEvent, Processes } from './processes.ts'
import type { SiteSource } from './site-sources.ts'

export interface StudyToRun {
  readonly processes: Processes
  /** File with the study plan. */
  readonly planFile: string
  readonly sites: readonly SiteSource[]
  /** Gets a folder per process. */
  readonly stateFolder: string
  /** Of each agent. */
  readonly threads: number
  readonly onDashboard: (url: string) => void
  readonly onSite: (site: string, event: AgentEvent) => void
}

/** Everything the report needs of a finished study. */
export interface FinishedStudy {
  readonly view: StudyView
  readonly models: readonly Manifest[]
  readonly events: readonly JournalEntry[]
}

export const siteFolder = (stateFolder: string, site: string): string =>
  path.join(stateFolder, site)

/** The coordinator goes on after the study, so that its page can be looked at. Throws DEMO_PROCESS_FAILED. */
export async function runStudy(study: StudyToRun): Promise<FinishedStudy> {
  const joinToken = randomBytes(24).toString('base64url')
  const { url, failed } = await startCoordinator(study, joinToken)
  const agents = study.sites.map((site) => startAgent(study, { site, url, joinToken }))
  await Promise.race([Promise.all(agents), failed])
  const [view, { models }, events] = await Promise.all([
    getJson<StudyView>(`${url}/v1/study`),
    getJson<{ models: readonly Manifest[] }>(`${url}/v1/models`),
    readJournal(url),
  ])
  return { view, models, events }
}

interface Coordinator {
  readonly url: string
  /** Rejects when the coordinator ends before it is stopped. */
  readonly failed: Promise<never>
}

async function startCoordinator(
  { processes, planFile, stateFolder, onDashboard }: StudyToRun,
  joinToken: string,
): Promise<Coordinator> {
  let ended = Promise.resolve()
  const listening = new Promise<string>((resolve) => {
    ;({ ended } = processes.start({
      name: 'coordinator',
      program: 'consilium',
      args: [
        ...['serve', '--state', path.join(stateFolder, 'coordinator'), '--plan', planFile],
        ...['--port', '0', '--json'],
      ],
      env: { CONSILIUM_JOIN_TOKEN: joinToken },
      onEvent(event) {
        if (event.event !== 'listening') return
        onDashboard(String(event['dashboard']))
        resolve(String(event['url']))
      },
    }))
  })
  const failed = ended.then(() => {
    const why = 'Somebody else stopped it.'
    throw new ProcessFailedError({ name: 'coordinator', how: 'exit code 0', why })
  })
  return { url: await Promise.race([listening, failed]), failed }
}

function startAgent(
  { processes, stateFolder, threads, onSite }: StudyToRun,
  { site, url, joinToken }: { site: SiteSource; url: string; joinToken: string },
): Promise<void> {
  const { name, source } = site
  const state = siteFolder(stateFolder, name)
  const { ended } = processes.start({
    name: `site ${name}`,
    program: 'consilium-site',
    args: [
      ...['run', '--coordinator', url, '--site', name, '--data', source, '--state', state],
      ...['--threads', String(threads), '--labels-required', '--json'],
    ],
    env: { CONSILIUM_JOIN_TOKEN: joinToken },
    onEvent(event) {
      if (event.event !== 'error') onSite(name, event as ProcessEvent & AgentEvent)
    },
  })
  return ended
}

async function readJournal(url: string): Promise<readonly JournalEntry[]> {
  const all: JournalEntry[] = []
  for (;;) {
    const after = all.at(-1)?.seq ?? 0
    const { events } = await getJson<{ events: readonly JournalEntry[] }>(
      `${url}/v1/events?after=${after}`,
    )
    if (events.length === 0) return all
    all.push(...events)
  }
}

async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
  if (!response.ok) {
    throw new UnexpectedOutputError({ name: 'coordinator', expected: `an answer to ${url}` })
  }
  return (await response.json()) as T
}
