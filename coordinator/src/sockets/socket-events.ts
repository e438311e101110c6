/** The socket.io events, both ways. Frames are encoded by @consilium/proto; observers get plain JSON. */
import type { Namespace, Socket } from 'socket.io'
import type { JournalEntry } from '../journal/journal-event.ts'

export interface SiteToCoordinator {
  /** Answered through `reply` by exactly one frame, an ErrorReply if the request was refused. */
  frame: (bytes: unknown, reply: unknown) => void
}

export interface CoordinatorToSite {
  frame: (bytes: Uint8Array, received: (done: Uint8Array) => void) => void
}

export interface SiteProgress {
  readonly site: string
  readonly round: number
  readonly step: number
  readonly steps: number
  readonly loss: number
  readonly imagesPerSecond: number
}

export interface CoordinatorToObserver {
  event: (entry: JournalEntry) => void
  progress: (progress: SiteProgress) => void
}

export type SiteSocket = Socket<SiteToCoordinator, CoordinatorToSite>
export type SiteNamespace = Namespace<SiteToCoordinator, CoordinatorToSite>
export type ObserverNamespace = Namespace<Record<string, never>, CoordinatorToObserver>
