/** A TCP load balancer: each connection goes to the next coordinator that takes it, whatever it is about. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface LoadBalancer {
  readonly url: string
  /** Sends no more connections there and ends those there are, as after a failed health check. */
  takeOut(port: string): void
  putBack(port: string): void
}

/** Call at the top of a test file. Answers with the way to put a load balancer in front of coordinators. */
export function useLoadBalancers(): (ports: readonly string[]) => Promise<LoadBalancer> {
  const closers: (() => void)[] = []
  afterEach(() => {
    for (const close of closers.splice(0)) close()
  })
  return async (ports) => {
    const { server, ...balancer } = await balance(ports)
    closers.push(() => {
      server.close()
      for (const port of ports) balancer.takeOut(port)
    })
    return balancer
  }
}

async function balance(ports: readonly string[]) {
  const out = new Set<string>()
  const pairs = new Map<Socket, { port: string; coordinator: Socket }>()
  let next = 0

  const join = async (client: Socket): Promise<void> => {
    client.on('error', () => undefined)
    for (let tries = 0; tries < ports.length; tries += 1) {
      const port = ports[next++ % ports.length]!
      const coordinator = out.has(port) ? undefined : await reach(port)
      if (coordinator === undefined) continue
      pairs.set(client, { port, coordinator })
      client.pipe(coordinator).pipe(client)
      client.on('close', () => {
        coordinator.destroy()
        pairs.delete(client)
      })
      coordinator.on('error', () => undefined).on('close', () => client.destroy())
      return
    }
    client.destroy()
  }

  const server = createServer((client) => void join(client)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeOut(port: string) {
      out.add(port)
      for (const [client, pair] of pairs) if (pair.port === port) client.destroy()
    },
    putBack: (port: string) => void out.delete(port),
  }
}

/** Undefined if nobody listens. */
async function reach(port: string): Promise<Socket | undefined> {
  const coordinator = connect(Number(port), '127.0.0.1')
  try {
    await once(coordinator, 'connect')
    return coordinator
  } catch {
    return undefined
  }
}
