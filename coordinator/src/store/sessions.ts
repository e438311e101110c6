/**
 * The sessions of sites: what a site shows over HTTP that it has joined. A site has one; a new one voids the older, in
 * every coordinator of the study. Tokens are kept as their SHA-256.
 */
export interface Session {
  readonly token: string
  /** Grows with every session of the site. */
  readonly epoch: number
}

export interface Sessions {
  /** Begins a session of the site and voids its older one. */
  open(site: string): Promise<Session>
  /** The site whose newest session has this token. */
  siteOf(token: string): Promise<string | undefined>
  /** Calls back when a session is begun anywhere: connections of older ones are void. */
  onOpened(listener: (site: string, epoch: number) => void): void
}
