/** A site that speaks the real protocol over real sockets and makes its updates up. Tests only. */
import {
  chunkCount,
  chunkRange,
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameKind,
  type Frames,
} from '@consilium/proto'
import { decodeSafetensors, encodeSafetensors, sha256, type NamedArrays } from '@consilium/weights'
import { io, type Socket } from 'socket.io-client'
import { madeUpWeights, shapesIn } from './small-study.ts'

export interface TestSiteOptions {
  readonly url: string
  readonly joinToken: string
  readonly site: string
  readonly instance?: string
  readonly imagesBucket?: number
  /** Of coordinators that its requests over HTTP reach in turn, as behind a load balancer. Default: `url`. */
  readonly balanced?: readonly string[]
  /** Version 1 sends an update from its beginning to its end. */
  readonly protocol?: 1 | 2
}

/** Small, so that small updates have several. */
const CHUNK_BYTES = 100

export interface Delivery {
  readonly samples?: number
  readonly meanLoss?: number
  /** Instead of a made-up delta of the right shape. */
  readonly bytes?: Uint8Array
  /** Fields of the offer to falsify. */
  readonly claims?: Partial<Frames['updateOffer']>
}

export interface ChunkPlace {
  readonly from: number
  readonly total: number
  readonly digest: string
  /** Instead of the right ones. */
  readonly headers?: Record<string, string>
}

export class TestSite {
  readonly #options: TestSiteOptions
  readonly #socket: Socket
  readonly #inbox: Frame[] = []
  #wake: () => void = () => undefined
  #token = ''
  #planSha256 = ''
  #requests = 0

  constructor(options: TestSiteOptions) {
    this.#options = options
    this.#socket = io(`${options.url}/site`, {
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
    })
    this.#socket.on('frame', (bytes: Uint8Array, received: (done: Uint8Array) => void) => {
      received(encodeFrame({ kind: 'done' }))
      this.#inbox.push(decodeFrame(new Uint8Array(bytes)))
      this.#wake()
    })
  }

  get #protocol(): 1 | 2 {
    return this.#options.protocol ?? 2
  }

  get socket(): Socket {
    return this.#socket
  }

  /** Header of this session's requests. */
  get authorization(): { readonly authorization: string } {
    return { authorization: `Bearer ${this.#token}` }
  }

  /** The answering frame, also when it is an error. */
  async request(frame: Frame): Promise<Frame> {
    return decodeFrame(await this.sendRaw(encodeFrame(frame)))
  }

  async sendRaw(payload: unknown): Promise<Uint8Array> {
    const answer = (await this.#socket.timeout(5000).emitWithAck('frame', payload)) as Uint8Array
    return new Uint8Array(answer)
  }

  async join(): Promise<Frame> {
    await this.request({
      kind: 'hello',
      protocolMin: 1,
      protocolMax: this.#protocol,
      agentVersion: '0.1.0',
    })
    const { site, joinToken, instance = `instance-of-${site}`, imagesBucket = 64 } = this.#options
    const answer = await this.request({ kind: 'join', site, joinToken, imagesBucket, instance })
    if (answer.kind === 'joined') {
      this.#token = answer.sessionToken
      this.#planSha256 = answer.planSha256
    }
    return answer
  }

  /** The next pushed frame of a kind; earlier ones of other kinds are dropped. */
  async next<K extends FrameKind>(kind: K): Promise<Frames[K]> {
    for (;;) {
      const frame = this.#inbox.shift()
      if (frame === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      } else if (frame.kind === kind) {
        return frame as Frames[K]
      }
    }
  }

  #nextUrl(): string {
    const { url, balanced = [url] } = this.#options
    return balanced[(this.#requests += 1) % balanced.length]!
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.#nextUrl()}${path}`, {
      headers: { authorization: `Bearer ${this.#token}`, ...headers },
    })
  }

  async download(digest: string): Promise<NamedArrays> {
    const response = await this.get(`/v1/blobs/${digest}`)
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (sha256(bytes) !== digest) throw new Error(`downloaded something else than ${digest}`)
    return decodeSafetensors(bytes).arrays
  }

  put(bytes: Uint8Array, { from, total, digest, headers = {} }: ChunkPlace): Promise<Response> {
    return fetch(`${this.#nextUrl()}/v1/updates/${digest}`, {
      method: 'PUT',
      body: Buffer.from(bytes),
      headers: {
        authorization: `Bearer ${this.#token}`,
        'content-type': 'application/octet-stream',
        'content-range': `bytes ${from}-${from + bytes.length - 1}/${total}`,
        ...headers,
      },
    })
  }

  /** The head of `put` for a body of `length`, for a test that sends it by hand. */
  putHead({ from, total, digest }: ChunkPlace, length: number): string {
    return [
      `PUT /v1/updates/${digest} HTTP/1.1`,
      'host: coordinator',
      `authorization: Bearer ${this.#token}`,
      'content-type: application/octet-stream',
      `content-range: bytes ${from}-${from + length - 1}/${total}`,
      `content-length: ${length}`,
      '\r\n',
    ].join('\r\n')
  }

  offerOf(
    invitation: Frames['roundInvitation'],
    bytes: Uint8Array,
    delivery: Delivery = {},
  ): Frames['updateOffer'] {
    return {
      kind: 'updateOffer',
      round: invitation.round,
      baseSha256: invitation.baseSha256,
      updateSha256: sha256(bytes),
      updateBytes: bytes.length,
      samples: delivery.samples ?? 10,
      meanLoss: delivery.meanLoss ?? 1,
      steps: 5,
      planSha256: this.#planSha256,
      format: '',
      ...(this.#protocol === 1 ? NO_CHUNKS : chunksOf(bytes)),
      ...delivery.claims,
    }
  }

  /** Fetches the base and sends an update made from it. Answers with UpdateAck, or with what refused it. */
  async deliver(invitation: Frames['roundInvitation'], delivery: Delivery = {}): Promise<Frame> {
    const model = await this.download(invitation.baseSha256)
    const bytes = delivery.bytes ?? this.updateFor(model, invitation.round)
    const offer = this.offerOf(invitation, bytes, delivery)
    const decision = await this.request(offer)
    if (decision.kind !== 'updateDecision') return decision
    const { updateSha256: digest, updateBytes: total } = offer
    const froms = this.#protocol === 1 ? [decision.offset] : decision.missingChunks.map(chunkStart)
    await Promise.all(
      froms
        .filter((from) => from < bytes.length)
        .map((from) => this.put(this.partAt(bytes, from), { from, total, digest })),
    )
    return this.request({
      kind: 'updateCommit',
      round: offer.round,
      updateSha256: offer.updateSha256,
    })
  }

  /** What this version sends from there. */
  partAt(bytes: Uint8Array, from: number): Uint8Array {
    return bytes.subarray(from, this.#protocol === 1 ? undefined : from + CHUNK_BYTES)
  }

  updateFor(model: NamedArrays, round: number): Uint8Array {
    return encodeSafetensors(madeUpWeights(shapesIn(model), this.#options.site, round))
  }

  /** Takes part until the release, through lost connections and restarts. Resolves with the release. */
  async takePart(delivery: Delivery = {}): Promise<Frames['release']> {
    const joinAndWork = (): void => {
      this.join().catch(ifConnected(this.#socket))
    }
    if (this.#socket.connected) joinAndWork()
    this.#socket.on('connect', joinAndWork)
    for (;;) {
      const frame = await this.#nextOf('roundInvitation', 'release')
      if (frame.kind === 'release') return frame
      await this.deliver(frame, delivery).catch(ifConnected(this.#socket))
    }
  }

  async #nextOf<K extends FrameKind>(...kinds: readonly K[]): Promise<Frames[K]> {
    for (;;) {
      const kind = this.#inbox.find((frame) => kinds.some((k) => k === frame.kind))?.kind
      if (kind !== undefined) return (await this.next(kind)) as Frames[K]
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  close(): void {
    this.#socket.disconnect()
  }
}

const NO_CHUNKS = { chunkBytes: 0, chunkSha256: [] }

function chunksOf(bytes: Uint8Array): Pick<Frames['updateOffer'], 'chunkBytes' | 'chunkSha256'> {
  const cut = { bytes: bytes.length, chunkBytes: CHUNK_BYTES }
  const chunkSha256 = Array.from({ length: chunkCount(cut) }, (_, index) => {
    const { start, end } = chunkRange(cut, index)
    return Buffer.from(sha256(bytes.subarray(start, end)), 'hex')
  })
  return { chunkBytes: CHUNK_BYTES, chunkSha256 }
}

const chunkStart = (index: number): number => index * CHUNK_BYTES

/** A request that fails because the coordinator went away is repeated after the next join. */
const ifConnected =
  (socket: Socket) =>
  (error: unknown): void => {
    const lost = error instanceof TypeError || String(error).includes('timed out')
    if (socket.connected && !lost) throw error
  }
