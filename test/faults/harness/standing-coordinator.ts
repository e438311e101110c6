/** A coordinator that a service manager would keep: started again, with the same command, whenever it is killed. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JournalEntry } from '@consilium/coordinator'
import type { StudyPlan } from '@consilium/study'
import { JOIN_TOKEN } from '../../e2e/support/federation.ts'
import { freePort } from '../../e2e/support/free-port.ts'
import { writeFile } from '../../e2e/support/images.ts'
import type {
  Ended,
  ProcessEvent,
  RunningProcess,
  Start,
  Surroundings,
} from '../../e2e/support/processes.ts'
import { explain } from './explain.ts'

export interface StandingOptions {
  readonly start: Start
  readonly plan: StudyPlan
  /** Of the plan's file, and of the state folder where `stateFolder` is not given. */
  readonly folder: string
  readonly stateFolder?: string
  /** Further ones of `serve`. */
  readonly args?: readonly string[]
  /** Of the first process, the second and so on, from 0. */
  readonly surroundings?: (attempt: number) => Surroundings
  /** Told of every process that ended by itself. Resolves when it may be started again. */
  readonly onExit?: (ended: Ended) => Promise<void>
}

export interface StandingCoordinator {
  readonly url: string
  readonly stateFolder: string
  /** The process that runs, or ran last. */
  current(): RunningProcess
  /** Of all its processes so far: what they said about the journal. */
  told(): readonly ProcessEvent[]
  starts(): number
  /** Rejects when a process ends by itself and nobody answers for it. */
  readonly failed: Promise<never>
  readonly journal: () => Promise<readonly JournalEntry[]>
  waitReason(): Promise<string>
  /** The operator's, again until it is answered. */
  order(kind: string, body: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

export async function keepCoordinator(options: StandingOptions): Promise<StandingCoordinator> {
  const { start, plan, folder, surroundings = () => ({}) } = options
  const { stateFolder = join(folder, 'coordinator') } = options
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const planFile = join(folder, 'plan.json')
  writeFile(planFile, JSON.stringify(plan))
  const args = ['serve', '--state', stateFolder, '--plan', planFile, '--port', port, '--json']
  const processes: RunningProcess[] = []
  let stopped = false
  const startNext = (): RunningProcess => {
    const process = start(
      'consilium',
      [...args, '--join-token', JOIN_TOKEN, ...(options.args ?? [])],
      surroundings(processes.length),
    )
    processes.push(process)
    return process
  }
  const keep = async (): Promise<never> => {
    for (;;) {
      const ended = await startNext().ended
      if (stopped) return new Promise<never>(() => undefined)
      if (ended.code === null) continue // killed
      if (options.onExit === undefined) throw new Error(`the coordinator ended: ${explain(ended)}`)
      await options.onExit(ended)
    }
  }
  const failed = keep()
  failed.catch(() => undefined) // It may fail when nobody waits for it any more.
  return {
    url,
    stateFolder,
    failed,
    current: () => processes.at(-1)!,
    told: () => processes.flatMap(({ events }) => events),
    starts: () => processes.length,
    journal: () => readJournal(url),
    async order(kind, body, signal) {
      const token = await readFile(join(stateFolder, OPERATOR_TOKEN_FILE), 'utf8')
      const headers = {
        authorization: `Bearer ${token.trim()}`,
        'content-type': 'application/json',
      }
      const request = { method: 'POST', body: JSON.stringify(body), headers, signal }
      const { ok, text, attempt } = await untilAnswered(`${url}/v1/study/${kind}`, request)
      // One whose answer was lost may have been carried out, and the study have gone on.
      if (!ok && attempt === 1) throw new Error(`the order '${kind}' was refused: ${text}`)
    },
    waitReason: async () => ((await getJson(`${url}/v1/study`)) as { wait: string }).wait,
    async stop() {
      stopped = true
      processes.at(-1)!.kill()
      await processes.at(-1)!.ended
    },
  }
}

async function readJournal(url: string): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = []
  for (;;) {
    const after = entries.at(-1)?.seq ?? 0
    const page = (await getJson(`${url}/v1/events?after=${after}`)) as { events: JournalEntry[] }
    if (page.events.length === 0) return entries
    entries.push(...page.events)
  }
}

const getJson = async (address: string): Promise<unknown> =>
  JSON.parse((await untilAnswered(address)).text)

/** It may be on its way up again, or go down in the middle of an answer. */
async function untilAnswered(
  address: string,
  request: RequestInit = {},
): Promise<{ readonly ok: boolean; readonly text: string; readonly attempt: number }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(address, request)
      return { ok: response.ok, text: await response.text(), attempt }
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
    await sleep(RETRY_MS)
  }
}

const ATTEMPTS = 200
const RETRY_MS = 50

/** In the state folder. */
const OPERATOR_TOKEN_FILE = 'operator-token'
