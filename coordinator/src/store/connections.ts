/** Which sites are connected to which coordinator, as far as the coordinators tell each other. Nothing is decided by it alone. */
export interface Connections {
  /** Tells the others from now on which sites are connected here: what `sites` answers, again and again. */
  announce(sites: () => readonly string[]): void
  /** Sites that are connected to other coordinators, as these said last. */
  elsewhere(): ReadonlySet<string>
}

const NONE: ReadonlySet<string> = new Set()

/** Of a coordinator that nobody shares the study with. */
export const createNoConnections = (): Connections => ({
  announce: () => undefined,
  elsewhere: () => NONE,
})
