/**
 * The proxy of a hospital's network: HTTPS_PROXY, HTTP_PROXY and NO_PROXY as other programs read them, and above them
 * CONSILIUM_PROXY, which counts for every coordinator.
 */
import type http from 'node:http'
import { UsageError } from '../errors.ts'
import { createPlainTunnelAgent, createTlsTunnelAgent } from './tunnel-agent.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Coordinators that are reached by way of a proxy, by origin. */
const agents = new Map<string, http.Agent | undefined>()
let environment: Environment = {}

/** For all of this process (`proxyAgent`). Throws AGENT_USAGE for an address that is none. */
export function useProxy(env: Environment): void {
  for (const name of ['CONSILIUM_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY']) {
    const value = valueOf(env, name)
    if (value !== '') parseProxy(name, value)
  }
  environment = env
}

/** The agent to connect to `url` with, where there is a proxy for it. */
export function proxyAgent(url: string): http.Agent | undefined {
  const { origin, protocol } = new URL(url)
  if (!agents.has(origin)) {
    const proxy = proxyFor(origin, environment)
    const create = protocol === 'https:' ? createTlsTunnelAgent : createPlainTunnelAgent
    agents.set(origin, proxy && create(proxy))
  }
  return agents.get(origin)
}

/** Undefined where the way is direct. Throws AGENT_USAGE. */
export function proxyFor(url: string, env: Environment): URL | undefined {
  const given = valueOf(env, 'CONSILIUM_PROXY')
  if (given !== '') return parseProxy('CONSILIUM_PROXY', given)
  const { protocol, hostname, port } = new URL(url)
  const name = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const value = valueOf(env, name)
  const host = hostname.replace(/^\[|\]$/g, '')
  const isDirect = isOwnAddress(host) || isException(valueOf(env, 'NO_PROXY'), { host, port })
  return value === '' || isDirect ? undefined : parseProxy(name, value)
}

/** Lower case goes before upper case, as in curl. */
const valueOf = (env: Environment, name: string): string =>
  env[name.toLowerCase()] ?? env[name] ?? ''

/** No proxy reaches this machine by them. */
const isOwnAddress = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** `exceptions`: `*`, or names, each with all names below it, and addresses, with commas between; a port may follow. */
function isException(
  exceptions: string,
  { host, port }: { readonly host: string; readonly port: string },
): boolean {
  return exceptions
    .toLowerCase()
    .split(/[\s,]+/)
    .some((exception) => {
      if (exception === '*') return true
      const [, name, onlyPort] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(exception)!
      if (name === '' || (onlyPort !== undefined && onlyPort !== port)) return false
      return host === name || host.endsWith(`.${name!}`)
    })
}

/** The value may hold a password, so it is not repeated. */
function parseProxy(option: string, value: string): URL {
  const url = URL.parse(value)
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url
  const expected = 'the address of an HTTP proxy, such as http://proxy.example.org:3128'
  throw new UsageError({ option, value: '…', expected })
}
