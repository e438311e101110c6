/**
 * Which of the coordinators that share a study does what must be done once: closing a round at its deadline, folding,
 * releasing, deleting. Messages to sites need no lease: each coordinator sends them to those connected to it.
 */

/** What its holder shows with every fact it records: the journal refuses a token older than the newest. */
export interface Fence {
  readonly token: number
  /** Aborted once the lease is lost: what was begun under it is given up. */
  readonly signal: AbortSignal
}

export interface Lease {
  /** While this process holds the lease. */
  fence(): Fence | undefined
  /** Calls back each time this process gets the lease. */
  onGained(listener: () => void): void
}

/** Of a process that nobody shares the study with: the lock on its state folder is the lease. */
export function createSoleLease(): Lease {
  const fence: Fence = { token: 1, signal: new AbortController().signal }
  return { fence: () => fence, onGained: () => undefined }
}
