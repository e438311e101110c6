/** A coordinator: one study, its state folder, and the port it is reached at. Wires the parts; holds no rules. */
import { existsSync } from 'node:fs'
import { access, constants, mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Server as TlsServer } from 'node:tls'
import { MAX_FRAME_BYTES } from '@consilium/proto'
import { decodeSafetensors } from '@consilium/weights'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { Server } from 'socket.io'
import { createUpdateChecker } from './admission/check-update.ts'
import { createUploads } from './admission/uploads.ts'
import { adoptSpooledUpdates } from './blobs/adopt-spooled-updates.ts'
import { openBlobs } from './blobs/open-blobs.ts'
import { InputFileError, InsecureHostError, ListenError } from './errors.ts'
import { createApp, type AppDeps } from './http/create-app.ts'
import type { JournalEntry } from './journal/journal-event.ts'
import { JOURNAL_FILE } from './journal/sqlite-journal.ts'
import { createGate } from './operations/gate.ts'
import { createInstruments, type InstrumentsDeps } from './operations/instruments.ts'
import { shutDown } from './operations/shut-down.ts'
import { openCertificate, type Certificate, type TlsFiles } from './operations/tls-files.ts'
import { createCounter } from './operations/tally.ts'
import { createDeadline } from './rounds/deadline.ts'
import { createStudyDriver, type StudyDriver } from './rounds/study-driver.ts'
import { heldDeadlineMs, type StudyState } from './rounds/study-state.ts'
import { createLiveSites } from './sockets/live-sites.ts'
import { serveObservers } from './sockets/serve-observers.ts'
import { serveSites, type ServeSitesDeps } from './sockets/serve-sites.ts'
import { createPresenceRecorder } from './sockets/presence-recorder.ts'
import { createWaitingTeller } from './sockets/waiting-teller.ts'
import { openStore, type StoreChoice } from './store/open-store.ts'
import type { Store } from './store/store.ts'
import { resolveJoinToken } from './study/join-token.ts'
import { chooseStart, openStudy, type StudyChoice, type StudyStart } from './study/open-study.ts'
import { resolveOperatorToken } from './study/operator-token.ts'
import { createPerformer, type Performer } from './study/perform-effect.ts'

export interface CoordinatorOptions extends StudyChoice, StoreChoice {
  /** Where models and updates are kept (blobs/open-blobs.ts); default: in the state folder. */
  readonly blobs?: string | undefined
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Files for HTTPS; read again by `reloadTls`. */
  readonly tls?: TlsFiles | undefined
  /** Allows a host that other machines can reach, without TLS. */
  readonly insecure: boolean
  readonly joinToken?: string | undefined
  readonly log: Logger
  /** The journal cannot be written or a stored file is broken: the process has to end. */
  readonly onFatal: (error: unknown) => void
  readonly onEntry?: (entry: JournalEntry, state: StudyState) => void
}

export interface Coordinator {
  readonly url: string
  readonly joinToken: string
  readonly state: () => StudyState
  /** What the journal held at the start; undefined for a new study. */
  readonly recovered: StudyState | undefined
  /** Takes the certificate from its files again, for new connections. Throws INPUT_FILE; the old one stays then. */
  reloadTls(): Promise<void>
  /** Lets running requests finish within SHUTDOWN_GRACE_MS, ends connections, and frees the state folder. */
  close(): Promise<void>
}

/** Opens the study and listens. Everything given is checked before the state folder is touched. */
export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { folder, host } = options
  const certificate = options.tls && (await openCertificate(options.tls))
  if (!certificate && !options.insecure && !isLoopback(host)) throw new InsecureHostError(host)
  const place = placeOf(options)
  const mayExist = options.store !== undefined || existsSync(join(folder, JOURNAL_FILE))
  const start = mayExist ? undefined : chooseStart(place, options)
  await makeWritable(folder)
  const store = await openStore(options)
  try {
    const study = await openParts(options, { store, place, start })
    return await serve(options, { ...study, certificate })
  } catch (error) {
    await store.close()
    throw error
  }
}

async function makeWritable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK)
  } catch (cause) {
    throw new InputFileError({ what: 'state folder', path: folder, cause: cause as Error })
  }
}

interface Opened {
  readonly store: Store
  /** Where the study is, for people. */
  readonly place: string
  /** Of a new study. */
  readonly start: StudyStart | undefined
}

/** The study and all that is stored of it. */
async function openParts(options: CoordinatorOptions, { store, place, start }: Opened) {
  const counter = createCounter(monotonic)
  const journal = counter.timed(store.journal)
  const { blobs, openIncoming } = await openBlobs(options.folder, options.blobs)
  const [first] = await journal.after(0, 1)
  const state = await openStudy({ place, journal, blobs }, options, start)
  const joinToken = await resolveJoinToken(store.secrets, options.joinToken)
  const operatorToken = await resolveOperatorToken(store.secrets)
  const recovered = first === undefined ? undefined : state
  return {
    ...{ store, counter, journal, blobs, openIncoming },
    ...{ state, recovered, joinToken, operatorToken },
  }
}

type Parts = Awaited<ReturnType<typeof openParts>> & {
  readonly certificate: Certificate | undefined
}

async function serve(options: CoordinatorOptions, parts: Parts): Promise<Coordinator> {
  const { folder, log, onFatal } = options
  const { store, journal, blobs, state, joinToken, certificate } = parts
  const { lease, sessions, connections } = store
  await adoptSpooledUpdates(join(folder, 'spool'), { state, blobs })
  const live = createLiveSites(monotonic)
  const deadline = createDeadline(monotonic)
  const deadlineInMs = (): number => heldDeadlineMs(driver.state()) ?? deadline.remainingMs()
  const stopping = new AbortController()
  const driver: StudyDriver = createStudyDriver({
    ...{ journal, lease, state },
    perform: (effect) => {
      performer.perform(effect)
    },
    onFatal,
  })
  const performer: Performer = createPerformer({
    ...{ driver, blobs, deadline, live, onFatal },
    signal: stopping.signal,
  })
  driver.onEntry((entry) => options.onEntry?.(entry, driver.state()))

  const { arrays: model } = decodeSafetensors(await blobs.read(state.initial.sha256))
  const checker = createUpdateChecker(model)
  const uploads = createUploads({ ...parts, offers: store.offers, driver, checker })
  const gate = createGate()
  const waiting = createWaitingTeller(driver)
  connections.announce(() => live.connected())
  const presence = createPresenceRecorder({ driver, live, connections })
  const { app, io, instruments } = createServer({
    ...{ ...parts, folder, driver, live, sessions, uploads, deadlineInMs, log, onFatal, gate },
    ...{ waiting, presence, connections, stopping: stopping.signal },
  })

  const close = (): Promise<void> => {
    stopping.abort()
    deadline.stop()
    waiting.close()
    presence.close()
    return shutDown({ app, io, gate, driver, performer, checker, instruments, store })
  }
  let closed: Promise<void> | undefined

  const url = await listen(app, options)
  await driver.start()
  return {
    url,
    joinToken,
    state: () => driver.state(),
    recovered: parts.recovered,
    async reloadTls() {
      const { server } = app
      if (certificate && isEncrypted(server)) server.setSecureContext(await certificate.renew())
    },
    close: () => (closed ??= close()),
  }
}

type ServerParts = Omit<AppDeps & ServeSitesDeps & InstrumentsDeps, 'instruments' | 'onRefused'> &
  Pick<CoordinatorOptions, 'log' | 'onFatal'>

/** Everything that answers on the port. */
function createServer(parts: ServerParts) {
  const onRefused = (code: string): void => {
    parts.counter.refused(code)
  }
  const instruments = createInstruments(parts)
  const app = createApp({ ...parts, instruments, onRefused })
  const io = new Server(app.server, { maxHttpBufferSize: MAX_MESSAGE_BYTES })
  serveSites(io.of('/site'), { ...parts, onRefused })
  serveObservers(io.of('/observe'), parts)
  return { app, io, instruments }
}

const isEncrypted = (server: unknown): server is TlsServer => server instanceof TlsServer

const monotonic = (): number => performance.now()

/** A frame as long polling carries it: base64 and some framing. */
const MAX_MESSAGE_BYTES = Math.ceil((MAX_FRAME_BYTES * 4) / 3) + 4096

async function listen(
  app: FastifyInstance,
  { host, port, tls }: CoordinatorOptions,
): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    await app.close()
    throw new ListenError({ host, port, cause: cause as Error })
  }
  const { address, family, port: actual } = app.server.address() as AddressInfo
  const scheme = tls === undefined ? 'http' : 'https'
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${actual}`
}

const placeOf = ({ folder, store }: StoreChoice): string =>
  store === undefined ? `the state folder ${folder}` : 'the database'

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
