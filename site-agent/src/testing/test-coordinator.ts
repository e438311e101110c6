/**
 * A coordinator for tests: the real protocol on a real port, one site, no rules of rounds. A test pushes what it wants
 * pushed and reads what arrived.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { EventEmitter, once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { decodeFrame, encodeFrame, type Frame, type Frames } from '@consilium/proto'
import { canonicalJson, planDigest, type StudyPlan } from '@consilium/study'
import { Server, type Socket } from 'socket.io'

export const digestOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex')

export interface TestCoordinatorOptions {
  readonly plan: StudyPlan
  readonly joinToken?: string
  /** 0 takes any free port. */
  readonly port?: number
  /** Weights that can be downloaded. */
  readonly blobs?: readonly Uint8Array[]
  /** Answers in place of the coordinator where it returns a frame. */
  readonly answer?: (frame: Frame) => Frame | undefined
  /** Version 1 takes an update from its beginning to its end. */
  readonly protocol?: 1 | 2
  /** Cuts the connection of a download after so many bytes, once. */
  readonly cutDownloadAfter?: number
  /** HTTP statuses with which somebody else answers the first downloads and parts of updates, with a page. */
  readonly strays?: readonly number[]
  /** What the site gets instead of the blob's bytes. */
  readonly tamper?: (bytes: Uint8Array) => Uint8Array
  /** A connection on which nothing comes for twice as long is dead; socket.io's 25 s and 20 s if absent. */
  readonly heartbeatMs?: number
  /** Pushed to the site after every join. */
  readonly greeting?: Frame
}

export class TestCoordinator {
  readonly url: string
  /** Every frame of the site, in order. */
  readonly frames: Frame[] = []
  /** Bytes of updates by digest, as far as they have arrived. */
  readonly uploads = new Map<string, Uint8Array>()
  /** `range` header of every download, or `all`. */
  readonly downloads: string[] = []
  /** Parts of updates that came at the same time. */
  mostAtOnce = 0
  #atOnce = 0
  readonly #arrivals = new EventEmitter()
  readonly #options: TestCoordinatorOptions
  readonly #io: Server
  readonly #blobs: ReadonlyMap<string, Uint8Array>
  #socket: Socket | undefined
  #cuts: number
  readonly #strays: number[]
  #sessions = 0

  static async start(options: TestCoordinatorOptions): Promise<TestCoordinator> {
    const http = createServer()
    http.listen(options.port ?? 0, '127.0.0.1')
    await once(http, 'listening')
    const coordinator = new TestCoordinator(
      options,
      new Server(http, heartbeat(options)),
      (http.address() as AddressInfo).port,
    )
    http.on('request', (request, response) => {
      if (request.url?.startsWith('/v1/')) void coordinator.#serve(request, response)
    })
    return coordinator
  }

  private constructor(options: TestCoordinatorOptions, io: Server, port: number) {
    this.#options = options
    this.#io = io
    this.#cuts = options.cutDownloadAfter === undefined ? 0 : 1
    this.#strays = [...(options.strays ?? [])]
    this.#blobs = new Map(options.blobs?.map((bytes) => [digestOf(bytes), bytes]))
    this.url = `http://127.0.0.1:${port}`
    io.of('/site').on('connection', (socket) => {
      socket.on('frame', (bytes: Uint8Array, reply?: (bytes: Uint8Array) => void) => {
        this.#receive(socket, decodeFrame(bytes), reply)
      })
    })
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** The next frame of that kind, or the one that is already there. */
  async received<K extends Frame['kind']>(
    kind: K,
    count = 1,
  ): Promise<Extract<Frame, { kind: K }>> {
    for (;;) {
      const found = this.frames.filter((frame) => frame.kind === kind)
      if (found.length >= count) return found[count - 1] as Extract<Frame, { kind: K }>
      await once(this.#arrivals, 'frame')
    }
  }

  push(frame: Frame): void {
    this.#socket?.emit('frame', encodeFrame(frame), () => undefined)
  }

  /** As a crash would: connections break, nothing is said. */
  async stop(): Promise<void> {
    this.#io.engine.close()
    await this.#io.close()
  }

  #receive(socket: Socket, frame: Frame, reply?: (bytes: Uint8Array) => void): void {
    const answer = this.#options.answer?.(frame) ?? this.#answer(frame)
    reply?.(encodeFrame(answer))
    if (answer.kind === 'joined') {
      this.#socket = socket
      if (this.#options.greeting !== undefined) this.push(this.#options.greeting)
    }
    this.frames.push(frame)
    this.#arrivals.emit('frame')
  }

  #answer(frame: Frame): Frame {
    if (frame.kind === 'hello') return this.#greet()
    if (frame.kind === 'join') return this.#join(frame)
    if (frame.kind === 'updateOffer') return this.#decide(frame)
    if (frame.kind === 'updateCommit') {
      return { kind: 'updateAck', round: frame.round, updateSha256: frame.updateSha256 }
    }
    return { kind: 'done' }
  }

  #greet(): Frame {
    return { kind: 'welcome', protocol: this.#options.protocol ?? 2, coordinatorVersion: 'test' }
  }

  #decide({ updateSha256, updateBytes, chunkBytes, chunkSha256 }: Frames['updateOffer']): Frame {
    const bytes = this.uploads.get(updateSha256) ?? new Uint8Array()
    if (this.#options.protocol === 1) {
      return { kind: 'updateDecision', offset: bytes.length, missingChunks: [] }
    }
    const whole = Buffer.alloc(updateBytes)
    whole.set(bytes.subarray(0, updateBytes))
    this.uploads.set(updateSha256, whole)
    const missingChunks = chunkSha256.flatMap((digest, index) => {
      const held = whole.subarray(index * chunkBytes, (index + 1) * chunkBytes)
      return digestOf(held) === Buffer.from(digest).toString('hex') ? [] : [index]
    })
    return {
      kind: 'updateDecision',
      offset: missingChunks.length > 0 ? 0 : updateBytes,
      missingChunks,
    }
  }

  #join({ joinToken }: Frames['join']): Frame {
    const { plan } = this.#options
    if (joinToken !== (this.#options.joinToken ?? 'token')) {
      return {
        kind: 'error',
        code: 'JOIN_TOKEN_WRONG',
        message: 'The token is wrong.',
        retryable: false,
      }
    }
    this.#sessions += 1
    return {
      kind: 'joined',
      sessionToken: `session-${this.#sessions}`,
      study: plan.name,
      planJson: canonicalJson(plan),
      planSha256: planDigest(plan),
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, , kind, digest = ''] = request.url!.split('/')
    const { plan } = this.#options
    if (kind === 'study') {
      response.end(JSON.stringify({ study: plan.name, plan, planSha256: planDigest(plan) }))
    } else if (this.#strays.length > 0) {
      request.resume()
      response.writeHead(this.#strays.shift()!, { 'content-type': 'text/html' })
      response.end('<html>Please log in</html>')
    } else if (request.headers.authorization !== `Bearer session-${this.#sessions}`) {
      refuse(response, 401, 'SESSION_UNKNOWN', true)
    } else if (kind === 'updates') {
      await this.#take(digest, request, response)
    } else {
      this.#give(digest, request, response)
    }
  }

  async #take(digest: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    this.#atOnce += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce)
    for await (const chunk of request) chunks.push(chunk as Buffer)
    this.#atOnce -= 1
    const held = this.uploads.get(digest) ?? new Uint8Array()
    const offset = Number(/^bytes (\d+)-/.exec(request.headers['content-range'] ?? '')?.[1])
    if (this.#options.protocol !== 1) {
      held.set(Buffer.concat(chunks), offset)
      response.end('{}')
      return
    }
    if (offset !== held.length) {
      refuse(response, 409, 'UPDATE_WRONG_OFFSET', true)
      return
    }
    this.uploads.set(digest, Buffer.concat([held, ...chunks]))
    response.end(JSON.stringify({ offset: this.uploads.get(digest)!.length }))
  }

  #give(digest: string, request: IncomingMessage, response: ServerResponse): void {
    const blob = this.#blobs.get(digest)
    if (blob === undefined) {
      refuse(response, 404, 'BLOB_NOT_SERVED', false)
      return
    }
    const bytes = this.#options.tamper?.(blob) ?? blob
    const { range } = request.headers
    this.downloads.push(range ?? 'all')
    const from = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0)
    const headers =
      range === undefined
        ? {}
        : { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }
    response.writeHead(range === undefined ? 200 : 206, {
      ...headers,
      'content-length': bytes.length - from,
    })
    if (this.#cuts > 0) {
      this.#cuts -= 1
      response.write(bytes.subarray(from, from + this.#options.cutDownloadAfter!), () =>
        response.destroy(),
      )
    } else {
      response.end(bytes.subarray(from))
    }
  }
}

const heartbeat = ({ heartbeatMs }: TestCoordinatorOptions) =>
  heartbeatMs === undefined ? {} : { pingInterval: heartbeatMs, pingTimeout: heartbeatMs }

function refuse(response: ServerResponse, status: number, code: string, retryable: boolean): void {
  response
    .writeHead(status)
    .end(JSON.stringify({ code, message: `The test says ${code}.`, retryable }))
}
