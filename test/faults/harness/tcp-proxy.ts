/** A TCP proxy between sites and a coordinator, over real sockets, whose conduct a fault decides, chunk by chunk. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Passage {
  /** `up`: from a site to the coordinator. */
  readonly direction: 'up' | 'down'
  readonly bytes: Uint8Array
  readonly connection: Connection
}

export interface Connection {
  /** In the order in which they were made, from 0. */
  readonly number: number
  /** Both ways, at once, with what is under way. */
  cut(): void
}

/**
 * Lets a chunk pass by handing it, or parts of it, to `pass`. Within one direction of one connection chunks keep their
 * order: that is what TCP gives, and no network can change it.
 */
export type Conduct = (
  passage: Passage,
  pass: (bytes: Uint8Array) => Promise<void>,
) => Promise<void>

export interface TcpProxy {
  readonly url: string
  /** Cuts all connections. New ones are let through. */
  cut(): void
  close(): void
}

export async function openProxy(target: string, conduct: Conduct): Promise<TcpProxy> {
  const { hostname, port } = new URL(target)
  const open = new Set<() => void>()
  let made = 0
  const server = createServer({ allowHalfOpen: true }, (site) => {
    const coordinator = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
    const cut = (): void => {
      site.destroy()
      coordinator.destroy()
      open.delete(cut)
    }
    open.add(cut)
    const connection = { number: made, cut }
    made += 1
    for (const socket of [site, coordinator]) socket.on('error', cut)
    relay(site, coordinator, (bytes, pass) => conduct({ direction: 'up', bytes, connection }, pass))
    relay(coordinator, site, (bytes, pass) =>
      conduct({ direction: 'down', bytes, connection }, pass),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const end of open) end()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    close() {
      server.close()
      cut()
    },
  }
}

type Handle = (bytes: Uint8Array, pass: (bytes: Uint8Array) => Promise<void>) => Promise<void>

/** One chunk at a time, so that a slow side slows the other one down. */
function relay(from: Socket, to: Socket, handle: Handle): void {
  const pass = async (bytes: Uint8Array): Promise<void> => {
    if (to.destroyed || to.write(bytes)) return
    await Promise.race([once(to, 'drain'), once(to, 'close')])
  }
  const carry = async (): Promise<void> => {
    for await (const chunk of from.iterator({ destroyOnReturn: false }))
      await handle(chunk as Uint8Array, pass)
    to.end()
  }
  carry().catch(() => {
    from.destroy()
    to.destroy()
  })
}
