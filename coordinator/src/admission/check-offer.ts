/** Whether an update may enter the open round, by what its site says about it. The bytes are checked in check-update. */
import type { Frames } from '@consilium/proto'
import { isSha256 } from '@consilium/weights'
import { UpdateRefusedError, type UpdateRefusal } from '../errors.ts'
import { currentRound, type StudyState } from '../rounds/study-state.ts'

/** An update may be this much larger than the model: room for another header. */
export const UPDATE_HEADROOM_BYTES = 1024 * 1024

/** A larger sample count is not believed. */
export const MAX_SAMPLES = 1_000_000_000

export type UpdateOffer = Omit<Frames['updateOffer'], 'kind'>

/** True if exactly this update of the site is already in a round, open or past: then it only needs its ack again. */
export function isDelivered(
  state: StudyState,
  { site, round, updateSha256 }: { site: string; round: number; updateSha256: string },
): boolean {
  const found = [currentRound(state), ...state.rounds].find((known) => known?.round === round)
  return (
    found?.updates.some((update) => update.site === site && update.sha256 === updateSha256) ?? false
  )
}

/** Throws UpdateRefusedError. */
export function checkOffer(state: StudyState, site: string, offer: UpdateOffer): void {
  const refuse = (code: UpdateRefusal, problem: string): never => {
    throw new UpdateRefusedError({
      code,
      message: `The update of ${site} for round ${offer.round} is refused: ${problem}`,
    })
  }
  const open = state.phase.kind === 'collecting' ? state.phase.round : undefined
  if (open?.round !== offer.round) {
    const now = open === undefined ? 'no round is open' : `round ${open.round} is open`
    return refuse('UPDATE_WRONG_ROUND', `${now}. Wait for the next invitation.`)
  }
  if (!open.invited.includes(site)) {
    return refuse('UPDATE_NOT_INVITED', 'the site joined later. Wait for the next invitation.')
  }
  if (open.updates.some((update) => update.site === site)) {
    return refuse('UPDATE_DUPLICATE', 'another update of this site is already in the round.')
  }
  if (offer.baseSha256 !== open.base) {
    return refuse('UPDATE_WRONG_BASE', `it must start from model ${open.base}. Fetch that model.`)
  }
  if (offer.planSha256 !== state.planSha256) {
    return refuse('UPDATE_WRONG_PLAN', `the study's plan is ${state.planSha256}. Join again.`)
  }
  checkClaims(state, offer, refuse)
}

function checkClaims(
  state: StudyState,
  offer: UpdateOffer,
  refuse: (code: UpdateRefusal, problem: string) => never,
): void {
  const maxBytes = state.model.bytes + UPDATE_HEADROOM_BYTES
  if (offer.updateBytes > maxBytes) {
    refuse('UPDATE_TOO_LARGE', `it has ${offer.updateBytes} bytes, the limit is ${maxBytes}.`)
  }
  if (!isSha256(offer.updateSha256)) {
    refuse('UPDATE_CLAIM_OUT_OF_RANGE', 'its SHA-256 is not 64 hexadecimal digits.')
  }
  if (offer.samples < 1 || offer.samples > MAX_SAMPLES) {
    refuse('UPDATE_CLAIM_OUT_OF_RANGE', `it claims ${offer.samples} samples, not 1 to 10^9.`)
  }
  if (!Number.isFinite(offer.meanLoss)) {
    refuse('UPDATE_CLAIM_OUT_OF_RANGE', 'its mean loss is not a finite number.')
  }
}
