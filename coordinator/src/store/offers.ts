import type { UpdateOffer } from '../admission/check-offer.ts'

/** The newest offer of each site, for any coordinator that a part of the update reaches. */
export interface Offers {
  /** In place of the site's older one. */
  write(site: string, offer: UpdateOffer): Promise<void>
  read(site: string): Promise<UpdateOffer | undefined>
}

/** Of a coordinator that nobody shares the study with: it has its offers itself. */
export const createNoOffers = (): Offers => ({
  write: () => Promise.resolve(),
  read: () => Promise.resolve(undefined),
})
