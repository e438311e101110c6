/** What a study keeps in PostgreSQL, in a schema of its own. */
import type { ColumnType } from 'kysely'
import type { JournalEvent } from '../../journal/journal-event.ts'

/** bigint arrives as text: numbers beyond 2^53 would be lost. */
type Counter = ColumnType<string, number | string, number | string>

export interface Tables {
  /** One row: the format of these tables. */
  readonly meta: { readonly format: number }
  readonly journal: {
    readonly seq: Counter
    /** By the database's clock. */
    readonly at: ColumnType<Date, never, never>
    /** Of the append: an append whose answer was lost finds itself by it. */
    readonly append: string
    readonly kind: JournalEvent['kind']
    /** The event without its kind, as JSON. */
    readonly payload: ColumnType<object, string, never>
  }
  /** One row. */
  readonly lease: {
    /** Grows with every change of hands. */
    readonly token: Counter
    readonly holder: string
    readonly expires: Date
  }
  /** One row a site: the frame of its newest offer. */
  readonly offer: { readonly site: string; readonly frame: Buffer }
  /** One row a coordinator: the sites that are connected to it, and when it said so. */
  readonly connected: {
    readonly coordinator: string
    readonly sites: readonly string[]
    readonly seen: Date
  }
  readonly secret: { readonly name: string; readonly value: string }
  /** One row a site: its newest session. */
  readonly session: {
    readonly site: string
    readonly token_sha256: string
    /** Grows with every session of the site. */
    readonly epoch: Counter
  }
}
