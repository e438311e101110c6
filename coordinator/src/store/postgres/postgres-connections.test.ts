import { describeWithPostgres } from '../../testing/use-postgres.ts'
import { openDatabase, type Database } from './database.ts'
import {
  ANNOUNCE_MS,
  createPostgresConnections,
  SILENT_MS,
  type PostgresConnections,
} from './postgres-connections.ts'
import { parseStoreAddress } from './store-address.ts'

interface Coordinator {
  readonly database: Database
  readonly connections: PostgresConnections
}

describeWithPostgres('connections in PostgreSQL', ({ freshUrl, server }) => {
  const opened: Coordinator[] = []
  afterEach(async () => {
    for (const { connections, database } of opened.splice(0)) {
      await connections.close()
      await database.close()
    }
  })

  /** One that has these sites. */
  const open = async (url: string, sites: ReadonlySet<string>): Promise<Coordinator> => {
    const database = await openDatabase(parseStoreAddress(url))
    const connections = createPostgresConnections(database)
    opened.push({ database, connections })
    connections.announce(() => [...sites])
    return { database, connections }
  }

  const untilElsewhere = async (
    { connections, database: { db, persistently } }: Coordinator,
    ...sites: readonly string[]
  ): Promise<void> => {
    while ([...connections.elsewhere()].sort().join() !== sites.join())
      await persistently(() => db.selectFrom('meta').selectAll().execute())
  }

  test(
    'each knows the sites of the others, as they come and go, and not its own',
    async () => {
      const url = freshUrl()
      const sites = new Set(['oslo', 'bern'])
      const [first, second] = [await open(url, sites), await open(url, new Set(['rome']))]
      await untilElsewhere(second, 'bern', 'oslo')
      await untilElsewhere(first, 'rome')
      sites.delete('oslo')
      await untilElsewhere(second, 'bern')
      await server().kill()
      await server().start()
      sites.add('kiel')
      await untilElsewhere(second, 'bern', 'kiel')
    },
    20 * ANNOUNCE_MS,
  )

  test(
    'the word of a coordinator that ends is taken back, that of one that dies grows old',
    async () => {
      const url = freshUrl()
      const [first, second, third] = [
        await open(url, new Set(['oslo'])),
        await open(url, new Set(['bern'])),
        await open(url, new Set()),
      ]
      await untilElsewhere(third, 'bern', 'oslo')
      await first.connections.close()
      await untilElsewhere(third, 'bern')
      await second.database.close()
      await untilElsewhere(third)
    },
    5 * SILENT_MS,
  )
})
