import type { Secrets } from '../secrets.ts'
import type { Database } from './database.ts'

/** The secrets of a study as rows: all its coordinators have the same. */
export function createPostgresSecrets({ db, persistently }: Database): Secrets {
  const read = async (name: string): Promise<string | undefined> => {
    const row = await persistently(() =>
      db.selectFrom('secret').select('value').where('name', '=', name).executeTakeFirst(),
    )
    return row?.value
  }
  const insert = (name: string, value: string) => db.insertInto('secret').values({ name, value })
  return {
    read,
    async write(name, value) {
      await persistently(() =>
        insert(name, value)
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
          .execute(),
      )
    },
    async make(name, value) {
      await persistently(() =>
        insert(name, value)
          .onConflict((conflict) => conflict.doNothing())
          .execute(),
      )
      return (await read(name)) ?? value
    },
  }
}
