/** Which sites a round invites. A draw depends on the plan's seed, the round and the sites it is among, and on nothing else. */
import { createStream, permutation } from '@consilium/random'
import { stragglersOf } from './stragglers.ts'
import { joinedSites, outstandingSites, type Round, type StudyState } from './study-state.ts'

export interface Cohort {
  /** Sorted. */
  readonly invited: readonly string[]
  /** Updates the round closes with; undefined: those of all who are invited. */
  readonly wanted: number | undefined
}

export function chooseCohort(state: StudyState, round: number): Cohort {
  const turns = inOrderOfTurn(state, round)
  const size = sizeOf(state)
  const invited = turns.slice(0, size === undefined ? turns.length : size.needed + size.more)
  return { invited: [...invited].sort(), wanted: wantedOf(state, invited.length) }
}

/** Sites to invite to a round that is open already: in place of those who left or failed, or, without rounds, as they come. */
export function substitutes(state: StudyState, open: Round): readonly string[] {
  const lacking = lackingSites(state, open)
  if (lacking <= 0) return []
  const known = new Set([...open.invited, ...open.updates.map(({ site }) => site)])
  const others = inOrderOfTurn(state, open.round).filter((site) => !known.has(site))
  return others.slice(0, lacking).sort()
}

function lackingSites(state: StudyState, open: Round): number {
  if (state.plan.cohort.asynchronous !== undefined) return Infinity
  if (open.wanted === undefined) return 0
  const awaited = outstandingSites(open).filter((site) => state.members.get(site)?.joined)
  return open.wanted - presentUpdates(state, open) - awaited.length
}

/** Updates of sites that are still joined: one that left is not counted in the place of one that trains. */
export const presentUpdates = ({ members }: StudyState, { updates }: Round): number =>
  updates.filter(({ site }) => members.get(site)?.joined).length

interface Size {
  readonly needed: number
  /** Invited beyond those needed. */
  readonly more: number
}

/** Undefined: everybody. */
function sizeOf(state: StudyState): Size | undefined {
  const { selection, quorum } = state.plan.cohort
  switch (selection?.kind) {
    case undefined:
    case 'all':
      return undefined
    case 'fraction': {
      const share = Math.ceil(selection.fraction * joinedSites(state).length - 1e-9)
      return { needed: Math.max(quorum, share), more: selection.overSelection }
    }
    case 'available':
      return { needed: selection.sites, more: selection.overSelection }
  }
}

function wantedOf(state: StudyState, invited: number): number | undefined {
  const { asynchronous } = state.plan.cohort
  if (asynchronous !== undefined) return asynchronous.buffer
  const size = sizeOf(state)
  return size === undefined ? undefined : Math.min(size.needed, invited)
}

/** The sites that can take part in a round, those first whose turn it is. */
function inOrderOfTurn(state: StudyState, round: number): readonly string[] {
  const { plan, members } = state
  const kind = plan.cohort.selection?.kind ?? 'all'
  const stragglers = stragglersOf(state, round)
  const idle = joinedSites(state).filter((site) => !stragglers.has(site))
  if (kind === 'all') return idle
  const candidates = kind === 'fraction' ? idle : idle.filter((site) => !members.get(site)?.away)
  const stream = createStream(plan.seed, 'cohort', round)
  const drawn = [...permutation(stream, candidates.length)].map((i) => candidates[i]!)
  if (kind === 'fraction') return drawn
  const last = lastTurns(state, candidates)
  return drawn.sort((a, b) => (last.get(a) ?? 0) - (last.get(b) ?? 0))
}

/** The last committed round each site was invited to. */
function lastTurns({ rounds }: StudyState, sites: readonly string[]): ReadonlyMap<string, number> {
  const sought = new Set(sites)
  const last = new Map<string, number>()
  for (let i = rounds.length - 1; i >= 0 && sought.size > 0; i -= 1) {
    const { round, invited } = rounds[i]!
    for (const site of invited) if (sought.delete(site)) last.set(site, round)
  }
  return last
}
