/** Whether an update may enter the open round, by what its site says about it. The bytes are checked in check-update. */
import type { Frames } from '@consilium/proto'
import { isSha256 } from '@consilium/weights'
import { UpdateRefusedError, UploadError, type UpdateRefusal } from '../errors.ts'
import { toleranceOf } from '../rounds/stragglers.ts'
import { currentRound, openRound, type StudyState } from '../rounds/study-state.ts'

/** An update may be this much larger than the model: room for another header. */
export const UPDATE_HEADROOM_BYTES = 1024 * 1024

/** A larger sample count is not believed. */
export const MAX_SAMPLES = 1_000_000_000

/** More steps in a round are not believed. */
export const MAX_STEPS = 10_000_000

export type UpdateOffer = Omit<Frames['updateOffer'], 'kind'>

/** True if exactly this update of the site is already in a round, open or past: then it only needs its ack again. */
export function isDelivered(
  state: StudyState,
  { site, round, updateSha256 }: { site: string; round: number; updateSha256: string },
): boolean {
  const current = currentRound(state)
  const first = Math.max(0, round - 1)
  const span = 1 + (toleranceOf(state.plan)?.maxStaleness ?? 0)
  const since = [...state.rounds.slice(first, first + span), ...(current ? [current] : [])]
  return since.some(({ round: taken, updates }) =>
    updates.some(
      (update) =>
        update.site === site &&
        update.sha256 === updateSha256 &&
        taken - (update.staleness ?? 0) === round,
    ),
  )
}

/** Where an update goes. */
export interface Admission {
  readonly round: number
  /** Rounds it is behind; 0 for one of the open round. */
  readonly staleness: number
}

/** Throws UpdateRefusedError, and UploadError while a late update has to wait for the next round. */
export function checkOffer(state: StudyState, site: string, offer: UpdateOffer): Admission {
  const refuse = (code: UpdateRefusal, problem: string): never => {
    throw new UpdateRefusedError({
      code,
      message: `The update of ${site} for round ${offer.round} is refused: ${problem}`,
    })
  }
  const open = openRound(state)
  const isLate = state.stragglers.get(site) === offer.round
  if (open === undefined && isLate && hasRoundAhead(state)) throw betweenRounds(offer)
  if (open === undefined || (open.round !== offer.round && !isLate))
    return refuse('UPDATE_WRONG_ROUND', `${whichRound(state)}. Wait for the next invitation.`)
  if (!isLate && !open.invited.includes(site)) {
    return refuse('UPDATE_NOT_INVITED', 'the site was not invited. Wait for the next invitation.')
  }
  if (open.updates.some((update) => update.site === site)) {
    return refuse('UPDATE_DUPLICATE', 'another update of this site is already in the round.')
  }
  const base = isLate ? state.rounds[offer.round - 1]?.base : open.base
  if (offer.baseSha256 !== base) {
    return refuse('UPDATE_WRONG_BASE', `it must start from model ${base}. Fetch that model.`)
  }
  if (offer.planSha256 !== state.planSha256) {
    return refuse('UPDATE_WRONG_PLAN', `the study's plan is ${state.planSha256}. Join again.`)
  }
  checkClaims(state, offer, refuse)
  return { round: open.round, staleness: open.round - offer.round }
}

/** While no round is open; the last one may be about to end. */
const hasRoundAhead = ({ phase }: StudyState): boolean =>
  phase.kind === 'gathering' || phase.kind === 'averaging' || phase.kind === 'folded'

function whichRound({ phase, rounds }: StudyState): string {
  switch (phase.kind) {
    case 'collecting':
      return `round ${phase.round.round} is open`
    case 'gathering':
    case 'averaging':
    case 'folded':
      return `no round is open, the next one is round ${rounds.length + (phase.kind === 'gathering' ? 1 : 2)}`
    case 'releasing':
    case 'finished':
    case 'aborted':
      return 'there are no more rounds'
  }
}

export const betweenRounds = ({ round }: UpdateOffer): UploadError =>
  new UploadError({
    code: 'UPDATE_BETWEEN_ROUNDS',
    message: `The update for round ${round} is late and will be taken into the next round, which is not open yet. Offer it again.`,
  })

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
  if (offer.steps > MAX_STEPS) {
    refuse('UPDATE_CLAIM_OUT_OF_RANGE', `it claims ${offer.steps} steps, more than ${MAX_STEPS}.`)
  }
  if (!Number.isFinite(offer.meanLoss)) {
    refuse('UPDATE_CLAIM_OUT_OF_RANGE', 'its mean loss is not a finite number.')
  }
}
