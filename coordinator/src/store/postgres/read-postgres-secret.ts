import pg from 'pg'
import { StoreUnreachableError } from '../../errors.ts'
import { connectionTo } from './database.ts'
import { parseStoreAddress } from './store-address.ts'

/** undefined_table: there is no study. */
const UNDEFINED_TABLE = '42P01'

/**
 * A secret of a study, for somebody who runs no coordinator; undefined where there is none. Changes nothing. Throws
 * STORE_ADDRESS and STORE_UNREACHABLE.
 */
export async function readPostgresSecret(store: string, name: string): Promise<string | undefined> {
  const address = parseStoreAddress(store)
  const client = new pg.Client(connectionTo(address))
  try {
    await client.connect()
    const found = await client.query<{ value: string }>({
      text: 'select value from secret where name = $1',
      values: [name],
    })
    return found.rows[0]?.value
  } catch (cause) {
    if ((cause as { code?: unknown }).code === UNDEFINED_TABLE) return undefined
    throw new StoreUnreachableError({ address: address.shown, cause: cause as Error })
  } finally {
    await client.end().catch(() => undefined)
  }
}
