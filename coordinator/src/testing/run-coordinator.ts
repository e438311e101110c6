/** A coordinator in this process with a small study, and sites for it; all closed after each test. Tests only. */
import { pino } from 'pino'
import { io, type Socket } from 'socket.io-client'
import { startCoordinator, type Coordinator, type CoordinatorOptions } from '../coordinator.ts'
import type { JournalEntry } from '../journal/journal-event.ts'
import { createFileSecrets } from '../store/file-secrets.ts'
import { OPERATOR_TOKEN } from '../study/operator-token.ts'
import type { StudyView } from '../study/study-view.ts'
import { smallPlan, smallWeights } from './small-study.ts'
import { TestSite, type TestSiteOptions } from './test-site.ts'

export const JOIN_TOKEN = 'join-token-of-the-tests'

export interface Running extends Coordinator {
  /** Everything recorded so far. */
  readonly entries: readonly JournalEntry[]
  /** The n-th entry of a kind, past or to come; the first by default. */
  recorded<K extends JournalEntry['kind']>(
    kind: K,
    n?: number,
  ): Promise<Extract<JournalEntry, { kind: K }>>
  site(site: string, options?: Partial<TestSiteOptions>): TestSite
  /** A site that has joined. */
  joined(site: string, options?: Partial<TestSiteOptions>): Promise<TestSite>
  /** An order of the operator. */
  order(kind: string, body?: object): Promise<Response>
  observer(auth?: { after: number }): Socket
  view(): Promise<StudyView>
}

/** Call at the top of a test file; answers with the way to start coordinators. */
export function useCoordinators(): (
  folder: string,
  options?: Partial<CoordinatorOptions>,
) => Promise<Running> {
  const toClose: { close(): unknown }[] = []
  afterEach(async () => {
    for (const open of toClose.splice(0).reverse()) await open.close()
  })
  return async (folder, options = {}) => {
    const running = await run(folder, options, toClose)
    toClose.push(running)
    return running
  }
}

async function run(
  folder: string,
  options: Partial<CoordinatorOptions>,
  toClose: { close(): unknown }[],
): Promise<Running> {
  const entries: JournalEntry[] = []
  let wake = (): void => undefined
  const coordinator = await startCoordinator({
    folder,
    host: '127.0.0.1',
    port: 0,
    insecure: false,
    joinToken: JOIN_TOKEN,
    plan: smallPlan(),
    untrained: smallWeights,
    log: pino({ level: 'silent' }),
    onFatal: (error) => {
      throw error
    },
    ...options,
    onEntry: (entry, state) => {
      entries.push(entry)
      options.onEntry?.(entry, state)
      wake()
    },
  })
  const site = (name: string, more: Partial<TestSiteOptions> = {}): TestSite => {
    const { url, joinToken } = coordinator
    const made = new TestSite({ url, joinToken, site: name, ...more })
    toClose.push(made)
    return made
  }
  return {
    ...coordinator,
    entries,
    site,
    async recorded(kind, n = 1) {
      for (;;) {
        const entry = entries.filter((known) => known.kind === kind)[n - 1]
        if (entry !== undefined) return entry as Extract<JournalEntry, { kind: typeof kind }>
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    async joined(name, more) {
      const made = site(name, more)
      await made.join()
      return made
    },
    order: orderTo(coordinator.url, folder),
    observer(auth = { after: 0 }) {
      const transports = ['websocket']
      const observer = io(`${coordinator.url}/observe`, { auth, transports, forceNew: true })
      toClose.push(observer)
      return observer
    },
    view: async () => (await (await fetch(`${coordinator.url}/v1/study`)).json()) as StudyView,
  }
}

function orderTo(url: string, folder: string): Running['order'] {
  return async (kind, body = {}) => {
    const token = await createFileSecrets(folder).read(OPERATOR_TOKEN)
    return fetch(`${url}/v1/study/${kind}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  }
}
