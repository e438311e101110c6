/** The text after --store. */
import { StoreAddressError } from '../../errors.ts'

export interface StoreAddress {
  readonly url: string
  /** The schema of the study: lower-case letters, digits and underscores. */
  readonly schema: string
  /** Without user and password, for people. */
  readonly shown: string
}

/** Where no `schema` is asked for. */
const DEFAULT_SCHEMA = 'consilium'

/** `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME`, all but the scheme optional as in libpq. Throws STORE_ADDRESS. */
export function parseStoreAddress(text: string): StoreAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol))
    throw new StoreAddressError('it is no postgres:// URL')
  const schema = url.searchParams.get('schema') ?? DEFAULT_SCHEMA
  if (!/^[a-z_][a-z0-9_]{0,40}$/.test(schema)) {
    throw new StoreAddressError(
      `the schema '${schema}' is not made of at most 41 lower-case letters, digits and underscores`,
    )
  }
  url.searchParams.delete('schema')
  const shown = `postgres://${url.searchParams.get('host') ?? url.host}${url.pathname} (schema ${schema})`
  return { url: url.href, schema, shown }
}
