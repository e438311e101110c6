/** How a bad network behaves: each a conduct for the proxy, decided by a seeded stream. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { permutation, type Stream } from '@consilium/random'
import type { Conduct, Connection, Passage } from './tcp-proxy.ts'

/** Cuts connections after a random number of bytes, `times` of them; what was under way is lost. */
export function cutting(
  stream: Stream,
  { times, bytes }: { times: number; bytes: number },
): Conduct {
  const budgets = new WeakMap<Connection, number>()
  let cuts = 0
  return async ({ bytes: chunk, connection }, pass) => {
    const left = budgets.get(connection) ?? Math.ceil(stream.uniform(0, 1) * bytes)
    budgets.set(connection, left - chunk.length)
    if (chunk.length < left || cuts === times) return pass(chunk)
    cuts += 1
    await pass(chunk.subarray(0, left))
    connection.cut()
  }
}

/** Every chunk waits. */
export const delaying =
  (stream: Stream, upToMs: number): Conduct =>
  async ({ bytes }, pass) => {
    await sleep(stream.uniform(0, upToMs))
    await pass(bytes)
  }

/** So many bytes in a second, of each connection and direction, in small pieces. */
export const throttling =
  (bytesPerSecond: number): Conduct =>
  async ({ bytes }, pass) => {
    const piece = Math.ceil(bytesPerSecond * PIECE_SECONDS)
    for (let begin = 0; begin < bytes.length; begin += piece) {
      const part = bytes.subarray(begin, begin + piece)
      await sleep((1000 * part.length) / bytesPerSecond)
      await pass(part)
    }
  }

const PIECE_SECONDS = 0.02

/** Gathers chunks of all connections for a while and lets them out in a random order. */
export function reordering(stream: Stream, windowMs: number): Conduct {
  const waiting: (() => void)[] = []
  const letOut = (): void => {
    const all = waiting.splice(0)
    for (const i of permutation(stream, all.length)) all[i]!()
  }
  return async ({ bytes }, pass) => {
    if (waiting.length === 0) setTimeout(letOut, windowMs)
    await new Promise<void>((resolve) => waiting.push(resolve))
    await pass(bytes)
  }
}

export interface BreakingUploads {
  readonly conduct: Conduct
  /** How many were broken so far. */
  readonly broken: () => number
}

/**
 * Cuts connections in the middle of the update bytes of a request, `times` of them, each while another such request is on
 * its way.
 */
export function breakingUploads(stream: Stream, times: number): BreakingUploads {
  /** Bytes that still pass, of the requests that are on their way. */
  const underWay = new Map<Connection, number>()
  let broken = 0
  return {
    broken: () => broken,
    async conduct({ direction, bytes, connection }, pass) {
      if (direction === 'down') underWay.delete(connection)
      else if (isUpload(bytes))
        underWay.set(connection, Math.ceil(stream.uniform(0, 1) * contentLength(bytes)))
      const left = underWay.get(connection)
      if (direction === 'down' || left === undefined) return pass(bytes)
      underWay.set(connection, left - bytes.length)
      if (bytes.length < left || underWay.size === 1 || broken === times) return pass(bytes)
      broken += 1
      underWay.delete(connection)
      await pass(bytes.subarray(0, Math.max(left, 0)))
      connection.cut()
    },
  }
}

export interface LosingAnswers {
  readonly conduct: Conduct
  /** How many were lost so far. */
  readonly lost: () => number
}

/** Cuts connections when the coordinator answers to a request with update bytes, `times` of them: no answer arrives. */
export function losingAnswers(times: number): LosingAnswers {
  const asked = new Set<Connection>()
  let lost = 0
  return {
    lost: () => lost,
    async conduct({ direction, bytes, connection }, pass) {
      if (direction === 'up' && isUpload(bytes)) asked.add(connection)
      if (direction === 'up' || !asked.delete(connection) || lost === times) return pass(bytes)
      lost += 1
      connection.cut()
    },
  }
}

export interface AlteringTransfers {
  readonly conduct: Conduct
  /** How many were altered so far. */
  readonly altered: () => number
}

/** Alters a byte of `times` transfers, chunks of updates and downloads of models, as no TCP checksum would let through. */
export function alteringTransfers(times: number): AlteringTransfers {
  /** Whose request was a transfer of which nothing has been altered yet. */
  const asked = new Map<Connection, Passage['direction']>()
  let altered = 0
  return {
    altered: () => altered,
    async conduct({ direction, bytes, connection }, pass) {
      if (direction === 'up') {
        if (isUpload(bytes)) asked.set(connection, 'up')
        else if (isDownload(bytes)) asked.set(connection, 'down')
      }
      const isDue = asked.get(connection) === direction && altered < times && hasBody(bytes)
      if (!isDue) return pass(bytes)
      asked.delete(connection)
      altered += 1
      const other = Uint8Array.from(bytes)
      other[other.length - 1]! ^= 1
      await pass(other)
    },
  }
}

export interface Withholding {
  readonly conduct: Conduct
  /** Cuts the connections whose answers were withheld: those are lost. From then on all goes through. */
  readonly lose: () => void
}

/** Lets half of the n-th request with update bytes through, then acts; the rest of it is lost. */
export function haltingUpload(nth: number, act: () => void): Conduct {
  const halted = new Set<Connection>()
  let seen = 0
  return async ({ direction, bytes, connection }, pass) => {
    if (halted.has(connection)) return
    if (direction === 'down' || !isUpload(bytes)) return pass(bytes)
    seen += 1
    if (seen !== nth) return pass(bytes)
    halted.add(connection)
    await pass(bytes.subarray(0, HALF))
    act()
  }
}

export interface HoldingUploads {
  readonly conduct: Conduct
  /** Whether one was held already. */
  readonly isHolding: () => boolean
  /** From then on all goes through, also what was held. */
  readonly release: () => void
}

/** Requests with update bytes wait. */
export function holdingUploads(): HoldingUploads {
  const released = new AbortController()
  let holding = false
  return {
    isHolding: () => holding,
    release() {
      released.abort()
    },
    async conduct({ direction, bytes }, pass) {
      if (direction === 'up' && isUpload(bytes) && !released.signal.aborted) {
        holding = true
        await once(released.signal, 'abort')
      }
      await pass(bytes)
    },
  }
}

/** Of the request that begins here: its head and a part of the update, however the bytes arrive. */
const HALF = 1024

/**
 * Once a site makes its n-th request with update bytes, nothing that the coordinator says over its socket arrives any more;
 * transfers go on.
 */
export function withholding(nth = 1): Withholding {
  const sockets = new Set<Connection>()
  let seen = 0
  let state: 'waits' | 'withholds' | 'over' = 'waits'
  return {
    lose() {
      state = 'over'
      for (const connection of sockets) connection.cut()
    },
    async conduct({ direction, bytes, connection }, pass) {
      if (direction === 'up' && beginningOf(bytes).includes('/socket.io/')) sockets.add(connection)
      if (isUpload(bytes)) seen += 1
      if (state === 'waits' && seen === nth) state = 'withholds'
      if (direction === 'down' && state === 'withholds' && sockets.has(connection)) return
      await pass(bytes)
    },
  }
}

/** Enough to know a request by. */
const REQUEST_BYTES = 64

const beginningOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(0, REQUEST_BYTES)).toString('latin1')

/** Whether a request with a part of an update begins here. */
export const isUpload = (bytes: Uint8Array): boolean =>
  beginningOf(bytes).startsWith('PUT /v1/updates/')

/** Whether a request for a model begins here. */
const isDownload = (bytes: Uint8Array): boolean => beginningOf(bytes).startsWith('GET /v1/blobs/')

/** Whether these bytes of a request or an answer go beyond its head. */
function hasBody(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1')
  const isHead = /^(PUT|HTTP)/.test(text)
  return !isHead || (text.includes(HEAD_END) && !text.endsWith(HEAD_END))
}

const HEAD_END = '\r\n\r\n'

/** Of the request that begins here. */
function contentLength(bytes: Uint8Array): number {
  const [head] = Buffer.from(bytes).toString('latin1').split(HEAD_END, 1)
  return Number(/content-length: *(\d+)/i.exec(head!)?.[1] ?? 0)
}
