/** A site that speaks the protocol by hand, so that a test can say what no agent would say. */
import { decodeFrame, encodeFrame, type Frame, type FrameKind, type Frames } from '@consilium/proto'
import { sha256 } from '@consilium/weights'
import { io, type Socket } from 'socket.io-client'
import { JOIN_TOKEN } from './federation.ts'

type Offer = Frames['updateOffer']

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
  readonly #socket: Socket
  readonly #pushed: Frame[] = []
  #token = ''
  #planSha256 = ''

  constructor(url: string) {
    this.#url = url
    this.#socket = io(`${url}/site`, { forceNew: true })
    this.#socket.on('frame', (bytes: Uint8Array, received: (done: Uint8Array) => void) => {
      received(encodeFrame({ kind: 'done' }))
      this.#pushed.push(decodeFrame(bytes))
    })
  }

  async join(site: string): Promise<void> {
    await this.ask({ kind: 'hello', protocolMin: 1, protocolMax: 1, agentVersion: '0.1.0' })
    const credentials = { joinToken: JOIN_TOKEN, imagesBucket: 16, instance: `only-${site}` }
    const joined = await this.ask({ kind: 'join', site, ...credentials })
    if (joined.kind !== 'joined') throw new Error(`not joined: ${JSON.stringify(joined)}`)
    this.#token = joined.sessionToken
    this.#planSha256 = joined.planSha256
  }

  /** The answer, which may be an error. */
  async ask(frame: Frame): Promise<Frame> {
    return decodeFrame((await this.#socket.emitWithAck('frame', encodeFrame(frame))) as Uint8Array)
  }

  /** The first frame of a kind that the coordinator has pushed or will. */
  async pushed<K extends FrameKind>(kind: K): Promise<Frames[K]> {
    for (;;) {
      const frame = this.#pushed.find((candidate) => candidate.kind === kind)
      if (frame !== undefined) return frame as Frames[K]
      await new Promise((resolve) => this.#socket.once('frame', resolve))
    }
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
      ...claims,
    }
    const decision = await this.ask(offer)
    if (decision.kind !== 'updateDecision') return decision
    const last = update.length - 1
    await fetch(`${this.#url}/v1/updates/${offer.updateSha256}`, {
      method: 'PUT',
      body: Buffer.from(update),
      headers: {
        ...this.#authorization(),
        'content-type': 'application/octet-stream',
        'content-range': `bytes 0-${last}/${update.length}`,
      },
    })
    const { updateSha256 } = offer
    return this.ask({ kind: 'updateCommit', round: offer.round, updateSha256 })
  }

  close(): void {
    this.#socket.disconnect()
  }

  #authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}` }
  }
}
