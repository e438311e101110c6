/**
 * The way of an update into a round: offered, sent in chunks, committed. Every step may be repeated; a chunk has to
 * begin where the last one ended. One step of a site runs at a time. Offers live in memory: after a restart a site
 * offers again and goes on where the file stands.
 */
import type { NamedArrays } from '@consilium/weights'
import type { PartialUpload } from '../blobs/partial-upload.ts'
import type { Spool } from '../blobs/spool.ts'
import { UpdateRefusedError, UploadError } from '../errors.ts'
import type { JournalEvent } from '../journal/journal-event.ts'
import type { StudyDriver } from '../rounds/study-driver.ts'
import type { StudyState } from '../rounds/study-state.ts'
import {
  betweenRounds,
  checkOffer,
  isDelivered,
  type Admission,
  type UpdateOffer,
} from './check-offer.ts'
import { checkUpdate } from './check-update.ts'

export interface Chunk {
  readonly sha256: string
  /** Of the first byte of `bytes` in the update. */
  readonly offset: number
  readonly bytes: Uint8Array
}

export interface Uploads {
  /** Answers with the bytes already held. Throws UpdateRefusedError, UploadError. */
  offer(site: string, offer: UpdateOffer): Promise<number>
  /** Answers with the bytes held now. Throws UploadError. */
  append(site: string, chunk: Chunk): Promise<number>
  /** Resolves when the update is in the journal. Throws UpdateRefusedError, UploadError. */
  commit(site: string, update: { round: number; updateSha256: string }): Promise<void>
}

export interface UploadsDeps {
  readonly spool: Spool
  readonly driver: StudyDriver
  /** Any weights of the study's model: names and shapes count. */
  readonly model: NamedArrays
}

interface Offered {
  readonly offer: UpdateOffer
  readonly upload: PartialUpload
}

export function createUploads(deps: UploadsDeps): Uploads {
  const { driver } = deps
  const offers = new Map<string, Offered>()
  const exclusively = createTurnstile()

  /** Drops the bytes of a refused update and records the reason, then passes the refusal on. */
  const orDrop = async <T>(site: string, work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      if (error instanceof UpdateRefusedError) {
        await offers.get(site)?.upload.remove()
        offers.delete(site)
        await driver.submit((state) => refusalFacts(state, site, error.code))
      }
      throw error
    }
  }

  return {
    offer: (site, offer) =>
      exclusively(site, async () => {
        if (isDelivered(driver.state(), { site, ...offer })) return offer.updateBytes
        const upload = await orDrop(site, takeOffer(deps, site, offer))
        offers.set(site, { offer, upload })
        return upload.size()
      }),
    append: (site, chunk) =>
      exclusively(site, async () => {
        const { offer, upload } = offered(offers, site, chunk.sha256)
        const held = await upload.size()
        const end = chunk.offset + chunk.bytes.length
        if (chunk.offset !== held || end > offer.updateBytes) throw wrongOffset(chunk, held)
        await upload.append(chunk.bytes)
        return end
      }),
    commit: (site, update) =>
      exclusively(site, async () => {
        if (isDelivered(driver.state(), { site, ...update })) return
        const pending = offered(offers, site, update.updateSha256)
        const held = await pending.upload.size()
        if (held !== pending.offer.updateBytes) throw incomplete(pending.offer, held)
        await orDrop(site, admit(deps, site, pending))
        offers.delete(site)
      }),
  }
}

type Turnstile = <T>(site: string, work: () => Promise<T>) => Promise<T>

/** Lets one piece of work per site run at a time and refuses a second one. */
function createTurnstile(): Turnstile {
  const busy = new Set<string>()
  return async (site, work) => {
    if (busy.has(site)) throw stillBusy(site)
    busy.add(site)
    try {
      return await work()
    } finally {
      busy.delete(site)
    }
  }
}

/** A file longer than the update on offer cannot be a part of it and is begun anew. */
async function takeOffer(
  { driver, spool }: UploadsDeps,
  site: string,
  offer: UpdateOffer,
): Promise<PartialUpload> {
  checkOffer(driver.state(), site, offer)
  const upload = await spool.incoming({ site, digest: offer.updateSha256 })
  if ((await upload.size()) <= offer.updateBytes) return upload
  await upload.remove()
  return spool.incoming({ site, digest: offer.updateSha256 })
}

async function admit(
  { driver, spool, model }: UploadsDeps,
  site: string,
  { offer, upload }: Offered,
): Promise<void> {
  const { round: taken } = checkOffer(driver.state(), site, offer)
  const { round, updateSha256 } = offer
  await checkUpdate(upload, { site, round, sha256: updateSha256, model })
  const slot = { round: taken, site }
  await spool.accept(upload, slot)
  try {
    await driver.submit((state) => {
      const admission = checkOffer(state, site, offer)
      if (admission.round !== taken) throw betweenRounds(offer)
      return [spooledFact(site, offer, admission)]
    })
  } catch (error) {
    const isLeftOver = error instanceof UpdateRefusedError || error instanceof UploadError
    if (isLeftOver) await spool.remove(slot)
    throw error
  }
}

function offered(offers: ReadonlyMap<string, Offered>, site: string, sha256: string): Offered {
  const found = offers.get(site)
  if (found?.offer.updateSha256 === sha256) return found
  throw new UploadError({
    code: 'UPDATE_NOT_OFFERED',
    message: `No update ${sha256} of ${site} is on offer. Offer it again and go on where the answer says.`,
  })
}

const stillBusy = (site: string): UploadError =>
  new UploadError({
    code: 'UPDATE_BUSY',
    message: `Another request about the update of ${site} is being served. Try again.`,
  })

const wrongOffset = ({ offset, bytes }: Chunk, held: number): UploadError =>
  new UploadError({
    code: 'UPDATE_WRONG_OFFSET',
    message: `The chunk begins at byte ${offset} and has ${bytes.length}; ${held} bytes are held. Go on from there, to the end of the update at most.`,
    offset: held,
  })

const incomplete = ({ updateBytes }: UpdateOffer, held: number): UploadError =>
  new UploadError({
    code: 'UPDATE_INCOMPLETE',
    message: `The update has ${updateBytes} bytes, ${held} are held. Send the rest before committing.`,
    offset: held,
  })

/** Once per site, round and code, so that a site cannot fill the journal. */
function refusalFacts(state: StudyState, site: string, code: string): readonly JournalEvent[] {
  if (state.phase.kind !== 'collecting') return []
  const { round, refusals } = state.phase.round
  const known = refusals.some((refusal) => refusal.site === site && refusal.code === code)
  return known ? [] : [{ kind: 'update-refused', round, site, code }]
}

const spooledFact = (
  site: string,
  offer: UpdateOffer,
  { round, staleness }: Admission,
): JournalEvent => ({
  kind: 'update-spooled',
  round,
  site,
  sha256: offer.updateSha256,
  bytes: offer.updateBytes,
  samples: offer.samples,
  meanLoss: offer.meanLoss,
  steps: offer.steps,
  ...(staleness > 0 && { staleness }),
})
