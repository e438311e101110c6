import { describeWithPostgres } from '../../testing/use-postgres.ts'
import { openBulletin, type Notice } from './bulletin.ts'
import { openDatabase } from './database.ts'
import { openPostgresStore } from './open-postgres-store.ts'
import { parseStoreAddress } from './store-address.ts'

describeWithPostgres('the bulletin', ({ freshUrl }) => {
  test('wakes those who listen with the number of the newest entry, and not before it is committed', async () => {
    const url = freshUrl()
    const store = await openPostgresStore(url)
    const database = await openDatabase(parseStoreAddress(url))
    const bulletin = await openBulletin(database)
    const heard = new Promise<{ notice: Notice; read: number }>((resolve) => {
      bulletin.onNotice((notice) => {
        void database.db
          .selectFrom('journal')
          .select('seq')
          .execute()
          .then((rows) => {
            resolve({ notice, read: rows.length })
          })
      })
    })
    const left = (site: string) => ({ kind: 'site-left', site }) as const
    await store.journal.append({ events: [left('oslo'), left('bern')], after: 0 })
    expect(await heard).toEqual({ notice: { kind: 'entry', seq: 2 }, read: 2 })
    await bulletin.close()
    await database.close()
    await store.close()
  })
})
