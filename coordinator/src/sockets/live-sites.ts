/** What is known about sites only while the process lives: connections and progress. Nothing is decided by it. */
import { encodeFrame, type Frame } from '@consilium/proto'
import type { SiteProgress, SiteSocket } from './socket-events.ts'

/** A pushed frame that is not confirmed within this time costs the site its connection; it joins again and hears anew. */
export const PUSH_TIMEOUT_MS = 30_000

export interface SitePresence {
  readonly connected: boolean
  /** Since the last message; undefined if there was none in this process's life. */
  readonly secondsSinceSeen: number | undefined
  readonly progress: SiteProgress | undefined
}

export interface LiveSites {
  /** Makes `socket` the connection of `site`, in place of any of an older session. `epoch`: of its session. */
  attach(site: string, connection: { socket: SiteSocket; epoch: number }): void
  /** Ends the connection of `site` if its session is older than `epoch`. */
  expire(site: string, epoch: number): void
  detach(site: string, socket: SiteSocket): void
  isAttached(site: string, socket: SiteSocket): boolean
  /** To those of `sites` that are connected. */
  send(sites: readonly string[], frame: Frame): void
  seen(site: string): void
  report(progress: SiteProgress): void
  onProgress(listener: (progress: SiteProgress) => void): void
  presenceOf(site: string): SitePresence
  /** All that are connected to this coordinator. */
  connected(): readonly string[]
}

interface Connection {
  readonly socket: SiteSocket
  readonly epoch: number
}

/** `now`: a monotonic clock in milliseconds. */
export function createLiveSites(now: () => number): LiveSites {
  const connections = new Map<string, Connection>()
  const seenAt = new Map<string, number>()
  const progress = new Map<string, SiteProgress>()
  const listeners: ((progress: SiteProgress) => void)[] = []
  const isAttached = (site: string, socket: SiteSocket): boolean =>
    connections.get(site)?.socket === socket

  return {
    attach(site, connection) {
      const known = connections.get(site)
      if (known !== undefined && known.epoch > connection.epoch) {
        connection.socket.disconnect(true)
        return
      }
      if (known?.socket !== connection.socket) known?.socket.disconnect(true)
      connections.set(site, connection)
    },
    expire(site, epoch) {
      const known = connections.get(site)
      if (known === undefined || known.epoch >= epoch) return
      connections.delete(site)
      known.socket.disconnect(true)
    },
    detach(site, socket) {
      if (isAttached(site, socket)) connections.delete(site)
    },
    isAttached,
    send(sites, frame) {
      const bytes = encodeFrame(frame)
      for (const site of sites) {
        const connection = connections.get(site)
        if (connection !== undefined) pushFrame(connection.socket, bytes)
      }
    },
    seen: (site) => seenAt.set(site, now()),
    report(report) {
      progress.set(report.site, report)
      for (const listener of listeners) listener(report)
    },
    onProgress: (listener) => listeners.push(listener),
    presenceOf(site) {
      const at = seenAt.get(site)
      return {
        connected: connections.has(site),
        secondsSinceSeen: at === undefined ? undefined : Math.round((now() - at) / 1000),
        progress: progress.get(site),
      }
    },
    connected: () => [...connections.keys()],
  }
}

/** Sends a frame; a site that does not confirm it loses its connection. */
export function pushFrame(socket: SiteSocket, bytes: Uint8Array): void {
  const timer = setTimeout(() => socket.disconnect(true), PUSH_TIMEOUT_MS).unref()
  socket.emit('frame', bytes, () => {
    clearTimeout(timer)
  })
}
