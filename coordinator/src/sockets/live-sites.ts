/** What is known about sites only while the process lives: connections, session tokens, progress. Nothing is decided by it. */
import { randomBytes } from 'node:crypto'
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
  /** Makes `socket` the connection of `site`, in place of any older one. Returns the session token for HTTP. */
  attach(site: string, socket: SiteSocket): string
  detach(site: string, socket: SiteSocket): void
  isAttached(site: string, socket: SiteSocket): boolean
  siteOfToken(token: string): string | undefined
  /** To those of `sites` that are connected. */
  send(sites: readonly string[], frame: Frame): void
  seen(site: string): void
  report(progress: SiteProgress): void
  onProgress(listener: (progress: SiteProgress) => void): void
  presenceOf(site: string): SitePresence
}

/** `now`: a monotonic clock in milliseconds. */
export function createLiveSites(now: () => number): LiveSites {
  const sockets = new Map<string, SiteSocket>()
  const tokens = new Map<string, string>()
  const seenAt = new Map<string, number>()
  const progress = new Map<string, SiteProgress>()
  const listeners: ((progress: SiteProgress) => void)[] = []

  return {
    attach(site, socket) {
      const older = sockets.get(site)
      if (older !== socket) older?.disconnect(true)
      sockets.set(site, socket)
      for (const [token, owner] of tokens) if (owner === site) tokens.delete(token)
      const token = randomBytes(32).toString('hex')
      tokens.set(token, site)
      return token
    },
    detach(site, socket) {
      if (sockets.get(site) === socket) sockets.delete(site)
    },
    isAttached: (site, socket) => sockets.get(site) === socket,
    siteOfToken: (token) => tokens.get(token),
    send(sites, frame) {
      const bytes = encodeFrame(frame)
      for (const site of sites) {
        const socket = sockets.get(site)
        if (socket !== undefined) pushFrame(socket, bytes)
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
        connected: sockets.has(site),
        secondsSinceSeen: at === undefined ? undefined : Math.round((now() - at) / 1000),
        progress: progress.get(site),
      }
    },
  }
}

/** Sends a frame; a site that does not confirm it loses its connection. */
export function pushFrame(socket: SiteSocket, bytes: Uint8Array): void {
  const timer = setTimeout(() => socket.disconnect(true), PUSH_TIMEOUT_MS).unref()
  socket.emit('frame', bytes, () => {
    clearTimeout(timer)
  })
}
