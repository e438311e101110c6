/** The schema of a study's database, as steps that lead from any older format to the newest. */
import { sql, type Transaction } from 'kysely'
import { StoreTooNewError } from '../../errors.ts'
import type { Tables } from './tables.ts'

/** Step i leads from format i to format i + 1. A step that was released is never changed. */
const STEPS: readonly string[] = [
  `CREATE TABLE journal (
     seq bigint PRIMARY KEY CHECK (seq > 0),
     at timestamptz NOT NULL DEFAULT clock_timestamp(),
     append uuid NOT NULL,
     kind text NOT NULL,
     payload json NOT NULL
   );
   CREATE TABLE lease (
     single boolean PRIMARY KEY DEFAULT true CHECK (single),
     token bigint NOT NULL,
     holder uuid NOT NULL,
     expires timestamptz NOT NULL
   );
   INSERT INTO lease (token, holder, expires)
     VALUES (0, '00000000-0000-0000-0000-000000000000', '-infinity');
   CREATE TABLE secret (name text PRIMARY KEY, value text NOT NULL);
   CREATE TABLE session (
     site text PRIMARY KEY,
     token_sha256 text NOT NULL UNIQUE,
     epoch bigint NOT NULL
   )`,
  `CREATE TABLE offer (site text PRIMARY KEY, frame bytea NOT NULL)`,
  `CREATE TABLE connected (
     coordinator uuid PRIMARY KEY,
     sites text[] NOT NULL,
     seen timestamptz NOT NULL
   )`,
]

export const FORMAT = STEPS.length

/**
 * Makes the study's schema where it is missing and brings it to the newest format, one coordinator at a time. Throws
 * STORE_TOO_NEW.
 */
export async function migrate(trx: Transaction<Tables>, schema: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext(${`consilium ${schema}`}))`.execute(trx)
  await sql`create schema if not exists ${sql.id(schema)}`.execute(trx)
  await sql`create table if not exists meta (format integer not null)`.execute(trx)
  const known = await trx.selectFrom('meta').select('format').executeTakeFirst()
  const format = known?.format ?? 0
  if (format > FORMAT) throw new StoreTooNewError({ schema, format, known: FORMAT })
  if (format === FORMAT) return
  for (const step of STEPS.slice(format)) await sql.raw(step).execute(trx)
  await trx.deleteFrom('meta').execute()
  await trx.insertInto('meta').values({ format: FORMAT }).execute()
}
