/** Tells sites what they wait for, whenever that changes. Local: every coordinator tells the sites connected to it. */
import { encodeFrame } from '@consilium/proto'
import type { StudyDriver } from '../rounds/study-driver.ts'
import { pushFrame } from './live-sites.ts'
import { waitingFrames } from './site-messages.ts'
import type { SiteSocket } from './socket-events.ts'

/** A site hears a new reason at most this often: with a thousand sites every update changes it. */
export const WAITING_INTERVAL_MS = 1000

/** The first version with the frame `Waiting`. */
const SINCE_PROTOCOL = 2

export interface WaitingTeller {
  /** Of a connection that has joined, and the version it speaks. */
  add(socket: SiteSocket, site: string, protocol: number): void
  remove(socket: SiteSocket): void
  close(): void
}

interface Listener {
  readonly site: string
  /** What it was told last. */
  told: { readonly reason: string; readonly paused: boolean } | undefined
}

export function createWaitingTeller(driver: Pick<StudyDriver, 'state' | 'onEntry'>): WaitingTeller {
  const listeners = new Map<SiteSocket, Listener>()
  let timer: NodeJS.Timeout | undefined
  let isStale = false

  const tell = (sockets: Iterable<readonly [SiteSocket, Listener]>): void => {
    const frameFor = waitingFrames(driver.state())
    for (const [socket, listener] of sockets) {
      const frame = frameFor(listener.site, listener.told?.paused === true)
      const { told } = listener
      if (frame === undefined) listener.told = undefined
      else if (told?.reason !== frame.reason || told.paused !== frame.paused) {
        listener.told = frame
        pushFrame(socket, encodeFrame(frame))
      }
    }
  }
  /** After the messages that the same fact brings about. */
  const tellAll = (): void => {
    isStale = false
    timer = setTimeout(() => {
      timer = undefined
      if (isStale) tellAll()
    }, WAITING_INTERVAL_MS).unref()
    setImmediate(() => {
      tell(listeners)
    })
  }
  const stop = driver.onEntry(() => {
    isStale = true
    if (timer === undefined) tellAll()
  })

  return {
    add(socket, site, protocol) {
      if (protocol < SINCE_PROTOCOL) return
      const listener: Listener = { site, told: undefined }
      listeners.set(socket, listener)
      tell([[socket, listener]])
    },
    remove: (socket) => listeners.delete(socket),
    close() {
      stop()
      clearTimeout(timer)
      listeners.clear()
    },
  }
}
