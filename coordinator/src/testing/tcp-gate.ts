/** A way to a server that a test can cut: between a request and its answer, or altogether. Tests only. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface TcpGate {
  readonly port: number
  /** Lets the next request that contains `words` through, drops the answer, and cuts the connection. */
  dropAnswerTo(words: string): Promise<void>
  /** Cuts all connections. New ones are let through. */
  cut(): void
  /** Cuts all connections, also new ones. */
  refuse(): void
  close(): Promise<void>
}

export async function openTcpGate(target: { path: string }): Promise<TcpGate> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let refusing = false
  let armed: { words: string; done: () => void } | undefined

  const server = createServer((client) => {
    if (refusing) {
      client.destroy()
      return
    }
    const upstream = connect(target)
    const pair = [client, upstream] as const
    pairs.add(pair)
    let dropping: (() => void) | undefined
    const end = (): void => {
      client.destroy()
      upstream.destroy()
      pairs.delete(pair)
    }
    client.on('data', (bytes) => {
      if (armed !== undefined && bytes.includes(armed.words)) {
        dropping = armed.done
        armed = undefined
      }
      upstream.write(bytes)
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
    for (const [client, upstream] of pairs) {
      client.destroy()
      upstream.destroy()
    }
  }
  return {
    port: (server.address() as AddressInfo).port,
    dropAnswerTo: (words) =>
      new Promise((done) => {
        armed = { words, done }
      }),
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
