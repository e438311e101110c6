import { sha256 } from '@consilium/weights'
import { sql } from 'kysely'
import { newSessionToken } from '../memory-sessions.ts'
import type { Sessions } from '../sessions.ts'
import { notify, type Bulletin } from './bulletin.ts'
import type { Database } from './database.ts'

/** Sessions as rows: a site may show its token to any coordinator of the study. */
export function createPostgresSessions(
  { db, address, persistently }: Database,
  bulletin: Bulletin,
): Sessions {
  return {
    async open(site) {
      const token = newSessionToken()
      const row = { site, token_sha256: sha256(token), epoch: 1 }
      const epoch = await persistently(() =>
        db.transaction().execute(async (trx) => {
          const stored = await trx
            .insertInto('session')
            .values(row)
            .onConflict((conflict) =>
              conflict
                .column('site')
                .doUpdateSet({ token_sha256: row.token_sha256, epoch: sql`session.epoch + 1` }),
            )
            .returning('epoch')
            .executeTakeFirstOrThrow()
          const newest = Number(stored.epoch)
          await notify(trx, address.schema, { kind: 'session', site, epoch: newest })
          return newest
        }),
      )
      return { token, epoch }
    },
    async siteOf(token) {
      const row = await persistently(() =>
        db
          .selectFrom('session')
          .select('site')
          .where('token_sha256', '=', sha256(token))
          .executeTakeFirst(),
      )
      return row?.site
    },
    onOpened(listener) {
      bulletin.onNotice((notice) => {
        if (notice.kind === 'session') listener(notice.site, notice.epoch)
      })
    },
  }
}
