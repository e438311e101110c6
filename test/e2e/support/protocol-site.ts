/** A site that speaks the protocol by hand, so that a test can say what no agent would say. */
import { createHash } from 'node:crypto'
import { once, type EventEmitter } from 'node:events'
import {
  chunkCount,
  chunkRange,
  decodeFrame,
  encodeFrame,
  PROTOCOL_MAX,
  type Cut,
  type Frame,
  type FrameKind,
  type Frames,
} from '@consilium/proto'
import { sha256 } from '@consilium/weights'
import { io, type Socket } from 'socket.io-client'
import { JOIN_TOKEN } from './federation.ts'

type Offer = Frames['updateOffer']

/** What the coordinator takes at once. */
const PIECE_BYTES = 4 * 1024 * 1024

/** Chunks on their way at a time, as an agent sends them. */
const CHUNKS_AT_ONCE = 3

export interface ProtocolSiteOptions {
  /** How long an answer may take. */
  readonly answerMs?: number
  /** Into how many chunks it cuts its updates. Without, it speaks version 1, which knows none. */
  readonly chunks?: number
}

/** Call at the top of a test file. Answers with the way to join as a site. */
export function useProtocolSites(): (url: string, site: string) => Promise<ProtocolSite> {
  const made: ProtocolSite[] = []
  afterEach(() => {
    for (const site of made.splice(0)) site.close()
  })
  return async (url, name) => {
    const site = new ProtocolSite(url)
    made.push(site)
    await site.join(name)
    return site
  }
}

export class ProtocolSite {
  readonly #url: string
  readonly #answerMs: number
  readonly #chunks: number | undefined
  readonly #socket: Socket
  readonly #gone = new AbortController()
  readonly #pushed: Frame[] = []
  #seen = 0
  #token = ''
  #planSha256 = ''

  constructor(url: string, { answerMs = 60_000, chunks }: ProtocolSiteOptions = {}) {
    this.#url = url
    this.#answerMs = answerMs
    this.#chunks = chunks
    this.#socket = io(`${url}/site`, { forceNew: true, reconnection: false })
    for (const end of ['disconnect', 'connect_error'] as const) {
      this.#socket.once(end, () => {
        this.#lose()
      })
    }
    this.#socket.on('frame', (bytes: Uint8Array, received: (done: Uint8Array) => void) => {
      received(encodeFrame({ kind: 'done' }))
      this.#pushed.push(decodeFrame(bytes))
    })
  }

  async join(site: string): Promise<void> {
    await this.#connect()
    const protocolMax = this.#chunks === undefined ? 1 : PROTOCOL_MAX
    await this.ask({ kind: 'hello', protocolMin: 1, protocolMax, agentVersion: '0.1.0' })
    const credentials = { joinToken: JOIN_TOKEN, imagesBucket: 16, instance: `only-${site}` }
    const joined = await this.ask({ kind: 'join', site, ...credentials })
    if (joined.kind === 'error') throw new NotJoinedError(joined)
    if (joined.kind !== 'joined') throw new Error(`not joined: ${JSON.stringify(joined)}`)
    this.#token = joined.sessionToken
    this.#planSha256 = joined.planSha256
  }

  get #events(): EventEmitter {
    return this.#socket as unknown as EventEmitter
  }

  async #connect(): Promise<void> {
    if (this.#socket.connected) return
    await once(this.#events, 'connect', { signal: this.#gone.signal })
  }

  onDisconnect(listener: () => void): void {
    this.#socket.once('disconnect', listener)
  }

  /** The answer, which may be an error. Throws when the connection breaks, or is broken. */
  async ask(frame: Frame): Promise<Frame> {
    this.#gone.signal.throwIfAborted()
    const socket = this.#socket.timeout(this.#answerMs)
    return decodeFrame((await socket.emitWithAck('frame', encodeFrame(frame))) as Uint8Array)
  }

  /** The first frame of a kind that the coordinator has pushed or will. */
  async pushed<K extends FrameKind>(kind: K): Promise<Frames[K]> {
    for (;;) {
      const frame = this.#pushed.find((candidate) => candidate.kind === kind)
      if (frame !== undefined) return frame as Frames[K]
      await this.#change()
    }
  }

  /** What the coordinator has pushed, one frame after the other. Throws when the connection is gone. */
  async next(): Promise<Frame> {
    for (;;) {
      const frame = this.#pushed[this.#seen]
      if (frame !== undefined) {
        this.#seen += 1
        return frame
      }
      await this.#change()
    }
  }

  /** Resolves at the next pushed frame. */
  async #change(): Promise<void> {
    await once(this.#events, 'frame', { signal: this.#gone.signal })
  }

  async download(digest: string): Promise<Uint8Array> {
    const response = await fetch(`${this.#url}/v1/blobs/${digest}`, {
      headers: this.#authorization(),
    })
    return new Uint8Array(await response.arrayBuffer())
  }

  /** Goes the whole way of an update; `claims` replace what the offer would truly say. Answers with the last answer. */
  async deliver(
    { round, baseSha256 }: Frames['roundInvitation'],
    update: Uint8Array,
    claims: Partial<Offer> = {},
  ): Promise<Frame> {
    const offer: Offer = {
      kind: 'updateOffer',
      round,
      baseSha256,
      updateSha256: sha256(update),
      updateBytes: update.length,
      samples: 16,
      meanLoss: 1,
      steps: 2,
      planSha256: this.#planSha256,
      format: '',
      ...(this.#chunks === undefined ? NO_CHUNKS : chunksOf(update, this.#chunks)),
      ...claims,
    }
    const decision = await this.ask(offer)
    if (decision.kind !== 'updateDecision') return decision
    await this.#send(update, offer, decision)
    return this.ask({ kind: 'updateCommit', round: offer.round, updateSha256: offer.updateSha256 })
  }

  async #send(
    update: Uint8Array,
    { updateSha256, chunkBytes }: Offer,
    { offset, missingChunks }: Frames['updateDecision'],
  ): Promise<void> {
    if (this.#chunks === undefined) {
      for (let first = offset; first < update.length; first += PIECE_BYTES)
        await this.#put(update, { start: first, end: first + PIECE_BYTES }, updateSha256)
      return
    }
    const left = missingChunks.values()
    const sendOneByOne = async (): Promise<void> => {
      for (const index of left) {
        const range = chunkRange({ bytes: update.length, chunkBytes }, index)
        await this.#put(update, range, updateSha256)
      }
    }
    await Promise.all(Array.from({ length: CHUNKS_AT_ONCE }, sendOneByOne))
  }

  close(): void {
    this.#lose()
    this.#socket.disconnect()
  }

  #lose(): void {
    this.#gone.abort(new Error('the connection to the coordinator is gone'))
  }

  async #put(
    update: Uint8Array,
    { start, end }: { start: number; end: number },
    digest: string,
  ): Promise<void> {
    const chunk = update.subarray(start, end)
    const response = await fetch(`${this.#url}/v1/updates/${digest}`, {
      method: 'PUT',
      body: Buffer.from(chunk),
      headers: {
        ...this.#authorization(),
        'content-type': 'application/octet-stream',
        'content-range': `bytes ${start}-${start + chunk.length - 1}/${update.length}`,
      },
    })
    const answer = await response.text()
    if (response.status >= 500) throw new Error(`HTTP status ${response.status}: ${answer}`)
  }

  #authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}` }
  }
}

/** What a coordinator answers to a join that it refuses. */
export class NotJoinedError extends Error {
  readonly reply: Frames['error']

  constructor(reply: Frames['error']) {
    super(`not joined: ${reply.code}: ${reply.message}`)
    this.reply = reply
  }
}

const NO_CHUNKS = { chunkBytes: 0, chunkSha256: [] }

function chunksOf(update: Uint8Array, count: number): Pick<Offer, 'chunkBytes' | 'chunkSha256'> {
  const cut: Cut = { bytes: update.length, chunkBytes: Math.ceil(update.length / count) }
  const chunkSha256 = Array.from({ length: chunkCount(cut) }, (_, index) => {
    const { start, end } = chunkRange(cut, index)
    return createHash('sha256').update(update.subarray(start, end)).digest()
  })
  return { chunkBytes: cut.chunkBytes, chunkSha256 }
}
