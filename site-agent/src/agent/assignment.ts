/** What the coordinator wants of this site, as a fold over the frames it pushes. */
import type { Frame, Frames } from '@consilium/proto'

export type Assignment =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'round'
      readonly invitation: Frames['roundInvitation']
      /** The round after it, to which the site is invited while this one is still worth finishing. */
      readonly then?: Frames['roundInvitation']
    }
  | { readonly kind: 'release'; readonly release: Frames['release'] }

export const IDLE: Assignment = { kind: 'idle' }

export interface AssignChoice {
  /** Whether the plan has a use for updates of rounds that are over: then a round that was begun is finished. */
  readonly lateCounts: boolean
}

/**
 * The assignment after `frame`. The same object comes back where the frame changes nothing: work on it goes on. One of the
 * same round and base is the same work.
 */
export function assign(current: Assignment, frame: Frame, choice: AssignChoice): Assignment {
  if (frame.kind === 'release') return { kind: 'release', release: frame }
  if (frame.kind === 'roundInvitation') return invite(current, frame, choice)
  const isOver =
    frame.kind === 'roundResult' &&
    current.kind === 'round' &&
    !choice.lateCounts &&
    current.invitation.round <= frame.round
  return isOver ? IDLE : current
}

function invite(
  current: Assignment,
  invitation: Invitation,
  { lateCounts }: AssignChoice,
): Assignment {
  if (current.kind === 'release') return current
  if (current.kind === 'idle') return { kind: 'round', invitation }
  if (isSameRound(current.invitation, invitation)) return current
  if (lateCounts && invitation.round > current.invitation.round)
    return { ...current, then: invitation }
  return { kind: 'round', invitation }
}

/** What remains when the work is done. */
export const afterWork = (done: Assignment): Assignment =>
  done.kind === 'round' && done.then !== undefined ? { kind: 'round', invitation: done.then } : IDLE

/** Whether the work in hand is the same after an assignment has changed. */
export const isSameWork = (a: Assignment, b: Assignment): boolean =>
  a === b || (a.kind === 'round' && b.kind === 'round' && isSameRound(a.invitation, b.invitation))

type Invitation = Frames['roundInvitation']

const isSameRound = (a: Invitation, b: Invitation): boolean =>
  a.round === b.round && a.baseSha256 === b.baseSha256
