import { decodeFrame, encodeFrame } from '@consilium/proto'
import type { Offers } from '../offers.ts'
import type { Database } from './database.ts'

/** Offers as the frames they came in, one row a site. */
export function createPostgresOffers({ db, persistently }: Database): Offers {
  return {
    async write(site, offer) {
      const frame = Buffer.from(encodeFrame({ kind: 'updateOffer', ...offer }))
      await persistently(() =>
        db
          .insertInto('offer')
          .values({ site, frame })
          .onConflict((conflict) => conflict.column('site').doUpdateSet({ frame }))
          .execute(),
      )
    },
    async read(site) {
      const row = await persistently(() =>
        db.selectFrom('offer').select('frame').where('site', '=', site).executeTakeFirst(),
      )
      if (row === undefined) return undefined
      const frame = decodeFrame(row.frame)
      return frame.kind === 'updateOffer' ? frame : undefined
    },
  }
}
