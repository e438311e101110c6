/**
 * The connection to the coordinator: socket.io for frames, in one namespace, made again for as long as it takes. After every
 * connect the site says hello and joins again; only then does it count as a session. Frames the coordinator pushes are
 * confirmed at once and handed on in order.
 */
import { EventEmitter, once } from 'node:events'
import { ConsiliumError } from '@consilium/errors'
import {
  decodeFrame,
  encodeFrame,
  negotiateVersion,
  PROTOCOL_MAX,
  PROTOCOL_MIN,
  type Frame,
  type FrameKind,
  type Frames,
} from '@consilium/proto'
import type { Stream } from '@consilium/random'
import { io, type Socket } from 'socket.io-client'
import {
  CoordinatorAnswerError,
  CoordinatorOfflineError,
  CoordinatorRefusalError,
  DiskFullError,
} from '../errors.ts'
import { createBackOff, type BackOff } from './back-off.ts'
import type { LeftLog } from './left-log.ts'
import { proxyAgent } from './use-proxy.ts'

/** A frame that is not answered in this time counts as lost. */
export const ANSWER_TIMEOUT_MS = 60_000

export interface LinkOptions {
  /** Of the coordinator, without a slash at the end. */
  readonly url: string
  readonly agentVersion: string
  readonly join: Omit<Frames['join'], 'kind'>
  readonly left: LeftLog
  /** Spreads the reconnections of many sites. */
  readonly jitter: Stream
  readonly events: LinkEvents
}

export interface LinkEvents {
  /** Throws if the study is not the one that was prepared for. */
  readonly onJoined: (joined: Frames['joined']) => void
  readonly onFrame: (frame: Frame) => void
  /** The connection is gone, could not be made, or is of no use. Told once for each reason until it is back. */
  readonly onOffline: (reason: ConsiliumError) => void
  /** The coordinator will not have this site: the link is of no more use. */
  readonly onRefused: (error: unknown) => void
}

interface Served {
  frame: (bytes: unknown, received: (done: Uint8Array) => void) => void
}
interface Sent {
  frame: (bytes: Uint8Array, answer: (bytes: unknown) => void) => void
}

/** The types of socket.io know agents by the words of a browser only. */
const proxied = (url: string): { agent?: boolean } => {
  const agent = proxyAgent(url)
  return agent === undefined ? {} : { agent: agent as unknown as boolean }
}

export class CoordinatorLink {
  readonly #options: LinkOptions
  readonly #socket: Socket<Served, Sent>
  readonly #sessions = new EventEmitter<{ joined: [] }>()
  #token: string | undefined
  #handshake: Promise<void> = Promise.resolve()
  /** Why the connection that was there is ended by this side. */
  #ending: ConsiliumError | undefined
  #told: string | undefined
  #closed = false
  readonly #backOff: BackOff
  #reconnecting: NodeJS.Timeout | undefined

  constructor(options: LinkOptions) {
    this.#options = options
    this.#backOff = createBackOff(options.jitter)
    this.#socket = io(`${options.url}/site`, {
      // Not socket.io's own: it leaves out connections that either side ended, and those whose join was put off.
      reconnection: false,
      autoConnect: false,
      forceNew: true,
      // Polling is for old proxies: behind a load balancer its requests would reach several coordinators.
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      ...proxied(options.url),
    })
    this.#socket.on('connect', () => {
      this.#handshake = this.#greet()
    })
    this.#socket.on('connect_error', () => {
      this.#lose()
    })
    this.#socket.on('disconnect', () => {
      this.#lose()
    })
    this.#socket.on('frame', (bytes, received) => {
      if (!this.#confirm(received)) return
      // The invitation may overtake the answer to the join that brings it about.
      this.#handshake = this.#handshake.then(() => {
        this.#hand(bytes)
      })
    })
    this.#socket.connect()
  }

  /** The bearer token of the session, as soon as there is one. */
  async session(signal: AbortSignal): Promise<string> {
    while (this.#token === undefined) await once(this.#sessions, 'joined', { signal })
    return this.#token
  }

  /** Sends a frame and returns its answer. Throws COORDINATOR_OFFLINE, and what the coordinator refuses with. */
  async ask(frame: Frame): Promise<Frame> {
    if (this.#token === undefined) throw new CoordinatorOfflineError({ url: this.#options.url })
    return await this.#exchange(frame)
  }

  /** Sends a frame that may be lost: nothing is done about it, and no answer is waited for. */
  tell(frame: Frame): void {
    if (this.#token === undefined) return
    const bytes = this.#encodeIfRoom(frame)
    if (bytes !== undefined) this.#socket.volatile.emit('frame', bytes, () => undefined)
  }

  close(): void {
    this.#closed = true
    this.#token = undefined
    clearTimeout(this.#reconnecting)
    this.#socket.disconnect()
  }

  async #greet(): Promise<void> {
    const { events, join, agentVersion } = this.#options
    try {
      const range = { min: PROTOCOL_MIN, max: PROTOCOL_MAX }
      const hello = { protocolMin: range.min, protocolMax: range.max, agentVersion }
      const { protocol } = await this.#expect('welcome', { kind: 'hello', ...hello })
      negotiateVersion(range, { min: protocol, max: protocol })
      const joined = await this.#expect('joined', { kind: 'join', ...join })
      events.onJoined(joined)
      this.#token = joined.sessionToken
      this.#told = undefined
      this.#backOff.reset()
      this.#sessions.emit('joined')
    } catch (error) {
      this.#end(error)
    }
  }

  /** Ends the connection, for good unless the error is one that may pass. */
  #end(error: unknown): void {
    if (!(error instanceof ConsiliumError && error.retryable)) {
      this.#refuse(error)
      return
    }
    this.#ending = error
    this.#socket.disconnect()
  }

  /** A frame that could not be confirmed is heard again on the next connection. */
  #confirm(received: (done: Uint8Array) => void): boolean {
    try {
      received(this.#encode({ kind: 'done' }))
      return true
    } catch (error) {
      this.#end(error)
      return false
    }
  }

  async #expect<K extends FrameKind>(kind: K, frame: Frame): Promise<Frames[K]> {
    const answer = await this.#exchange(frame)
    if (answer.kind === kind) return answer as Frames[K]
    const got = `'${answer.kind}' where '${kind}' was expected`
    throw new CoordinatorAnswerError({ url: this.#options.url, got, retryable: false })
  }

  async #exchange(frame: Frame): Promise<Frame> {
    const bytes = this.#encode(frame)
    let answer: unknown
    try {
      answer = await this.#socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck('frame', bytes)
    } catch (cause) {
      throw new CoordinatorOfflineError({ url: this.#options.url, cause })
    }
    const decoded = this.#decode(answer)
    if (decoded.kind === 'error') throw new CoordinatorRefusalError(decoded)
    return decoded
  }

  #hand(bytes: unknown): void {
    try {
      const frame = this.#decode(bytes)
      if (frame.kind !== 'error') this.#options.events.onFrame(frame)
      else if (!frame.retryable) this.#refuse(new CoordinatorRefusalError(frame))
    } catch (error) {
      this.#refuse(error)
    }
  }

  #encode(frame: Frame): Uint8Array {
    const content = encodeFrame(frame)
    const round = 'round' in frame ? { round: frame.round } : {}
    this.#options.left({ kind: frame.kind, ...round, content })
    return content
  }

  #encodeIfRoom(frame: Frame): Uint8Array | undefined {
    try {
      return this.#encode(frame)
    } catch (error) {
      if (error instanceof DiskFullError) return undefined
      throw error
    }
  }

  #decode(bytes: unknown): Frame {
    if (bytes instanceof Uint8Array) return decodeFrame(bytes)
    throw new CoordinatorAnswerError({ url: this.#options.url, got: 'no frame', retryable: false })
  }

  #refuse(error: unknown): void {
    this.close()
    this.#options.events.onRefused(error)
  }

  #lose(): void {
    this.#token = undefined
    if (this.#closed) return
    this.#reconnecting ??= setTimeout(() => {
      this.#reconnecting = undefined
      this.#socket.connect()
    }, this.#backOff.next())
    const reason = this.#ending ?? new CoordinatorOfflineError({ url: this.#options.url })
    this.#ending = undefined
    if (this.#told === reason.code) return
    this.#told = reason.code
    this.#options.events.onOffline(reason)
  }
}
