import { EventEmitter, once } from 'node:events'

/** Sites of a round one after the other: so that two undisturbed studies do the same things in the same order. */
export interface Turns {
  /** Resolves when all sites before `site` have delivered for `round`, or a later one. */
  of(round: number, site: string, signal: AbortSignal): Promise<void>
  done(round: number, site: string): void
}

/** `sites`: in their order. */
export function createTurns(sites: readonly string[]): Turns {
  const delivered = new Map<string, number>(sites.map((site) => [site, 0]))
  const changes = new EventEmitter<{ done: [] }>().setMaxListeners(0)
  const isTurnOf = (round: number, site: string): boolean =>
    sites.slice(0, sites.indexOf(site)).every((before) => delivered.get(before)! >= round)
  return {
    async of(round, site, signal) {
      while (!isTurnOf(round, site)) await once(changes, 'done', { signal })
    },
    done(round, site) {
      delivered.set(site, round)
      changes.emit('done')
    },
  }
}

/** Everybody at once. */
export const noTurns: Turns = { of: () => Promise.resolve(), done: () => undefined }
