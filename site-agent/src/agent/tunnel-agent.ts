/**
 * Connections by way of an HTTP proxy that is asked to CONNECT (RFC 9110, section 9.3.6), for HTTP, HTTPS and WebSockets
 * alike. Agents of Node 22 can do it too, but keep a connection open for ever that the proxy has refused.
 */
import http, { type ClientRequestArgs } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ProxyRefusedError } from '../errors.ts'

/** A proxy that has not answered by then counts as away. */
const PROXY_TIMEOUT_MS = 30_000

/** For an address that begins with `https:`. */
export function createTlsTunnelAgent(proxy: URL): https.Agent {
  const agent = new https.Agent({ keepAlive: true })
  const encrypt = agent.createConnection.bind(agent) as (options: TunnelledOptions) => Duplex
  agent.createConnection = connector(proxy, (socket, options) => encrypt({ ...options, socket }))
  return agent
}

/** For an address that begins with `http:`. */
export function createPlainTunnelAgent(proxy: URL): http.Agent {
  const agent = new http.Agent({ keepAlive: true })
  agent.createConnection = connector(proxy, (socket) => socket)
  return agent
}

type TunnelledOptions = ClientRequestArgs & { readonly socket: Socket }

/** `begin` makes of the tunnel what the request is written to. */
const connector =
  (proxy: URL, begin: (socket: Socket, options: ClientRequestArgs) => Duplex) =>
  (
    options: ClientRequestArgs,
    connected?: (error: Error | null, stream: Duplex) => void,
  ): undefined => {
    openTunnel(proxy, options).then(
      (socket) => connected?.(null, begin(socket, options)),
      (error: unknown) => connected?.(error as Error, undefined as never),
    )
  }

function openTunnel(proxy: URL, { host, port }: ClientRequestArgs): Promise<Socket> {
  const target = `${String(host)}:${String(port)}`
  const { request } = proxy.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const asked = request({
      ...{ host: proxy.hostname, port: proxy.port === '' ? undefined : proxy.port },
      ...{ method: 'CONNECT', path: target, agent: false, timeout: PROXY_TIMEOUT_MS },
      headers: { host: target, ...authorization(proxy) },
    })
    asked.once('connect', ({ statusCode: status = 0 }, socket: Socket) => {
      socket.setTimeout(0)
      if (status === 200) resolve(socket)
      else {
        socket.destroy()
        reject(new ProxyRefusedError({ target, status }))
      }
    })
    asked.once('timeout', () => asked.destroy(new Error('the proxy does not answer')))
    asked.once('error', reject)
    asked.end()
  })
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const words = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(words).toString('base64')}` }
}
