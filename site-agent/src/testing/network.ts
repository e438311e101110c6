/** A TCP proxy between an agent and its coordinator: it can be cut, mended, go silent, and lose one answer. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export class Network {
  readonly #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #silent = new WeakSet<Socket>()
  #port = 0
  #lost: ((chunk: Buffer) => boolean) | undefined

  static async before(coordinator: { readonly port: number }): Promise<Network> {
    const network = new Network(coordinator.port)
    await network.mend()
    return network
  }

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((site) => {
      this.#join(site, connect(this.#target, '127.0.0.1'))
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** New connections are taken, at the same address as before. */
  async mend(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** All connections break, and new ones are refused. */
  async cut(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    if (this.#server.listening) await once(this.#server, 'close')
  }

  /** The connections there are stay open, and carry nothing any more. New ones work. */
  goSilent(): void {
    for (const socket of this.#sockets) this.#silent.add(socket)
  }

  /** Breaks a connection in place of carrying the first piece of an answer that matches. */
  loseAnswer(matches: (piece: Buffer) => boolean): void {
    this.#lost = matches
  }

  #join(site: Socket, coordinator: Socket): void {
    const connect = (from: Socket, to: Socket): void => {
      this.#sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      from.on('data', (piece: Buffer) => {
        if (this.#silent.has(from)) return
        if (from === coordinator && this.#lost?.(piece) === true) {
          this.#lost = undefined
          from.destroy()
        } else to.write(piece)
      })
    }
    connect(site, coordinator)
    connect(coordinator, site)
  }
}
