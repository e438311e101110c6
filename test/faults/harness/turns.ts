import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JournalEntry } from '@consilium/coordinator'

/** Which site of a study may do what when. */
export interface Turns {
  /** Resolves when `site` may begin with `round`. */
  toTrain(round: number, site: string, signal: AbortSignal): Promise<void>
  /** Resolves when `site` may deliver what it has for `round`. */
  toDeliver(round: number, site: string, signal: AbortSignal): Promise<void>
  done(round: number, site: string): void
}

/** Everybody at once. */
export const noTurns: Turns = {
  toTrain: () => Promise.resolve(),
  toDeliver: () => Promise.resolve(),
  done: () => undefined,
}

/**
 * The sites of a round one after the other, in the order given, from its beginning to its end: so that two undisturbed
 * studies do the same things in the same order.
 */
export function createTurns(sites: readonly string[]): Turns {
  const delivered = new Map<string, number>(sites.map((site) => [site, 0]))
  const changes = new EventEmitter<{ done: [] }>().setMaxListeners(0)
  const isTurnOf = (round: number, site: string): boolean =>
    sites.slice(0, sites.indexOf(site)).every((before) => delivered.get(before)! >= round)
  return {
    async toTrain(round, site, signal) {
      while (!isTurnOf(round, site)) await once(changes, 'done', { signal })
    },
    toDeliver: () => Promise.resolve(),
    done(round, site) {
      delivered.set(site, round)
      changes.emit('done')
    },
  }
}

/** A delivery: of which site, of what it has for which round. */
export interface Delivery {
  readonly site: string
  readonly round: number
  /** Not before the journal is so. */
  readonly once?: (journal: readonly JournalEntry[]) => boolean
}

/** How often the journal is looked at. */
const LOOK_MS = 30

export async function untilJournal(
  read: () => Promise<readonly JournalEntry[]>,
  isSo: (journal: readonly JournalEntry[]) => boolean,
  signal: AbortSignal,
): Promise<void> {
  while (!isSo(await read())) await sleep(LOOK_MS, undefined, { signal })
}

/** All begin at once and deliver in this order. Who is not in it delivers when the study is over, and is refused. */
export function inSequence(
  deliveries: readonly Delivery[],
  read: () => Promise<readonly JournalEntry[]>,
): Turns {
  const done = new Set<string>()
  const changes = new EventEmitter<{ done: [] }>().setMaxListeners(0)
  const keyOf = ({ round, site }: Pick<Delivery, 'round' | 'site'>): string => `${round} ${site}`
  return {
    toTrain: () => Promise.resolve(),
    async toDeliver(round, site, signal) {
      const place = deliveries.findIndex((one) => keyOf(one) === keyOf({ round, site }))
      const before = deliveries.slice(0, Math.max(place, 0)).map(keyOf)
      while (!before.every((key) => done.has(key))) await once(changes, 'done', { signal })
      const isSo = place < 0 ? isOver : deliveries[place]!.once
      if (isSo !== undefined) await untilJournal(read, isSo, signal)
    },
    done(round, site) {
      done.add(keyOf({ round, site }))
      changes.emit('done')
    },
  }
}

const isOver = (journal: readonly JournalEntry[]): boolean =>
  journal.some(({ kind }) => kind === 'study-released' || kind === 'study-aborted')
