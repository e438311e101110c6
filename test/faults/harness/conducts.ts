/** How a bad network behaves: each a conduct for the proxy, decided by a seeded stream. */
import { setTimeout as sleep } from 'node:timers/promises'
import { permutation, type Stream } from '@consilium/random'
import type { Conduct, Connection } from './tcp-proxy.ts'

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

export interface Withholding {
  readonly conduct: Conduct
  /** Cuts the connections whose answers were withheld: those are lost. From then on all goes through. */
  readonly lose: () => void
}

/** Once a site sends an update, nothing that the coordinator says over its socket arrives any more; transfers go on. */
export function withholding(): Withholding {
  const sockets = new Set<Connection>()
  let state: 'waits' | 'withholds' | 'over' = 'waits'
  return {
    lose() {
      state = 'over'
      for (const connection of sockets) connection.cut()
    },
    async conduct({ direction, bytes, connection }, pass) {
      const request = Buffer.from(bytes.subarray(0, REQUEST_BYTES)).toString('latin1')
      if (direction === 'up' && request.includes('/socket.io/')) sockets.add(connection)
      if (state === 'waits' && request.startsWith('PUT /v1/updates/')) state = 'withholds'
      if (direction === 'down' && state === 'withholds' && sockets.has(connection)) return
      await pass(bytes)
    },
  }
}

/** Enough to know a request by. */
const REQUEST_BYTES = 64
