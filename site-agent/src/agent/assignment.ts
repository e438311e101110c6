/** What the coordinator wants of this site, as a fold over the frames it pushes. */
import type { Frame, Frames } from '@consilium/proto'

export type Assignment =
  | { readonly kind: 'idle' }
  | { readonly kind: 'round'; readonly invitation: Frames['roundInvitation'] }
  | { readonly kind: 'release'; readonly release: Frames['release'] }

export const IDLE: Assignment = { kind: 'idle' }

/** The assignment after `frame`. The same object comes back where the frame changes nothing: work on it goes on. */
export function assign(current: Assignment, frame: Frame): Assignment {
  if (frame.kind === 'release') return { kind: 'release', release: frame }
  if (frame.kind === 'roundInvitation') return invite(current, frame)
  const isOver =
    frame.kind === 'roundResult' &&
    current.kind === 'round' &&
    current.invitation.round <= frame.round
  return isOver ? IDLE : current
}

function invite(current: Assignment, invitation: Invitation): Assignment {
  const isKnown =
    current.kind === 'release' ||
    (current.kind === 'round' && isSameRound(current.invitation, invitation))
  return isKnown ? current : { kind: 'round', invitation }
}

type Invitation = Frames['roundInvitation']

const isSameRound = (a: Invitation, b: Invitation): boolean =>
  a.round === b.round && a.baseSha256 === b.baseSha256
