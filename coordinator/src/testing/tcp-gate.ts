/** A way to a server that a test can cut: between a request and its answer, or altogether. Tests only. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface TcpGate {
  readonly port: number
  /** Lets the next request that contains `words` through, drops the answer, and cuts the connection. */
  dropAnswerTo(words: string): Promise<void>
  /**
   * Lets the next request that contains `words` through and then nothing more on its connection, as if its sender were
   * stopped. Resolves when it is so, with the way to let it go on.
   */
  freezeAfter(words: string): Promise<() => void>
  /** Cuts all connections. New ones are let through. */
  cut(): void
  /** Cuts all connections, also new ones. */
  refuse(): void
  close(): Promise<void>
}

type Pair = readonly [client: Socket, upstream: Socket]

/** Stops the connection on which a request with certain words was sent. */
function createFreezer() {
  const frozen = new Set<Pair>()
  let armed: { words: string; done: (goOn: () => void) => void } | undefined
  return {
    after: (words: string): Promise<() => void> =>
      new Promise((done) => {
        armed = { words, done }
      }),
    holds: (pair: Pair): boolean => frozen.has(pair),
    /** `end`: of a connection that was closed meanwhile. */
    look(request: Buffer, pair: Pair, end: () => void): void {
      if (armed === undefined || !request.includes(armed.words)) return
      frozen.add(pair)
      for (const socket of pair) socket.pause()
      armed.done(() => {
        frozen.delete(pair)
        for (const socket of pair) socket.resume()
        if (pair[0].destroyed) end()
      })
      armed = undefined
    },
  }
}

/** Kills both ends of every connection. */
function cutAll(pairs: Iterable<Pair>): void {
  for (const [client, upstream] of pairs) {
    client.destroy()
    upstream.destroy()
  }
}

export async function openTcpGate(target: { path: string }): Promise<TcpGate> {
  const pairs = new Set<Pair>()
  let refusing = false
  let armed: { words: string; done: () => void } | undefined
  const freezer = createFreezer()

  const server = createServer((client) => {
    if (refusing) {
      client.destroy()
      return
    }
    const upstream = connect(target)
    const pair: Pair = [client, upstream]
    pairs.add(pair)
    let dropping: (() => void) | undefined
    const end = (): void => {
      if (freezer.holds(pair)) return // Whoever is stopped closes nothing.
      cutAll([pair])
      pairs.delete(pair)
    }
    client.on('data', (bytes) => {
      if (armed !== undefined && bytes.includes(armed.words)) {
        dropping = armed.done
        armed = undefined
      }
      upstream.write(bytes)
      freezer.look(bytes, pair, end)
    })
    upstream.on('data', (bytes) => {
      if (dropping === undefined) client.write(bytes)
      else {
        dropping()
        end()
      }
    })
    for (const socket of pair) socket.on('error', end).on('close', end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    cutAll(pairs)
  }
  return {
    port: (server.address() as AddressInfo).port,
    dropAnswerTo: (words) =>
      new Promise((done) => {
        armed = { words, done }
      }),
    freezeAfter: freezer.after,
    cut,
    refuse() {
      refusing = true
      cut()
    },
    async close() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
