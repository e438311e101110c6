/** A TCP proxy in front of a coordinator that keeps every byte a site sends. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'

export interface RecordingProxy {
  readonly url: string
  /** The bytes of each connection, in order. */
  readonly sent: () => readonly Buffer[]
}

/** Call at the top of a test file. Answers with the way to put a proxy in front of a coordinator. */
export function useRecordingProxies(): (target: string) => Promise<RecordingProxy> {
  const closers: (() => void)[] = []
  afterEach(() => {
    for (const close of closers.splice(0)) close()
  })
  return async (target) => {
    const { hostname, port } = new URL(target)
    const connections: Buffer[][] = []
    const sockets: Socket[] = []
    const server = createServer((site) => {
      const coordinator = connect(Number(port), hostname)
      const chunks: Buffer[] = []
      connections.push(chunks)
      sockets.push(site, coordinator)
      site.on('data', (chunk: Buffer) => chunks.push(chunk))
      site.pipe(coordinator).pipe(site)
      // Either side may break the connection at the end.
      site.on('error', () => coordinator.destroy())
      coordinator.on('error', () => site.destroy())
    }).listen(0, '127.0.0.1')
    closers.push(() => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
    await once(server, 'listening')
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      sent: () => connections.map((chunks) => Buffer.concat(chunks)),
    }
  }
}
