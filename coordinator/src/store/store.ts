/** Where a study is kept, but for its files. */
import type { Journal } from '../journal/journal.ts'
import type { Connections } from './connections.ts'
import type { Lease } from './lease.ts'
import type { Offers } from './offers.ts'
import type { Secrets } from './secrets.ts'
import type { Sessions } from './sessions.ts'

export interface Store {
  readonly journal: Journal
  readonly lease: Lease
  readonly secrets: Secrets
  readonly offers: Offers
  readonly sessions: Sessions
  readonly connections: Connections
  close(): Promise<void>
}
