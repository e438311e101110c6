/**
 * The way of an update into a round: offered, sent in chunks, committed. Every step may be repeated. Chunks come in any
 * order, several at a time; an update that was offered without them comes one piece after the other. Where several
 * coordinators share a study each step may reach another one. After a restart a site offers again, and only what is
 * missing is sent.
 */
import { rename, rm } from 'node:fs/promises'
import type { Blob, BlobStore } from '../blobs/blob-store.ts'
import type { OpenIncoming } from '../blobs/incoming.ts'
import { UpdateRefusedError, UploadError } from '../errors.ts'
import type { JournalEvent } from '../journal/journal-event.ts'
import type { Offers } from '../store/offers.ts'
import type { StudyDriver } from '../rounds/study-driver.ts'
import type { StudyState } from '../rounds/study-state.ts'
import { agreedFormat } from './agreed-format.ts'
import { checkChunks } from './check-chunks.ts'
import { checkOffer, isDelivered, type Admission, type UpdateOffer } from './check-offer.ts'
import type { UpdateChecker } from './check-update.ts'
import { neededBlobs } from './needed-blobs.ts'
import { openUpload, type Body, type Holding, type Upload } from './upload.ts'

export interface Uploads {
  /** Answers with what is held. Throws UpdateRefusedError, UploadError. */
  offer(site: string, offer: UpdateOffer): Promise<Holding>
  /** A part of the update on offer; what is held already is taken again without a word. Throws UploadError. */
  write(site: string, part: { readonly sha256: string } & Body): Promise<Holding>
  /** Resolves when the update is in the journal. Throws UpdateRefusedError, UploadError. */
  commit(site: string, update: { round: number; updateSha256: string }): Promise<void>
}

export interface UploadsDeps {
  readonly openIncoming: OpenIncoming
  readonly offers: Offers
  readonly blobs: BlobStore
  readonly driver: StudyDriver
  readonly checker: UpdateChecker
}

export function createUploads(deps: UploadsDeps): Uploads {
  const { driver } = deps
  const uploads = new Map<string, Upload>()
  const exclusively = createTurnstile()
  const admit = createAdmission(deps)

  /** Drops the bytes of a refused update and records the reason, then passes the refusal on. */
  const orDrop = async <T>(site: string, upload: Upload | undefined, work: Promise<T>) => {
    try {
      return await work
    } catch (error) {
      if (error instanceof UpdateRefusedError) {
        uploads.delete(site)
        await upload?.drop()
        await driver.submit((state) => refusalFacts(state, site, error.code))
      }
      throw error
    }
  }

  const takeOffer = async (site: string, offer: UpdateOffer): Promise<Upload> => {
    checkOffer(driver.state(), site, offer)
    checkChunks(site, offer)
    agreedFormat(driver.state(), site, offer)
    const upload = await openUpload(deps.openIncoming, { site, offer })
    await deps.offers.write(site, offer)
    return upload
  }

  /** The update on offer, here or at another coordinator. Throws UPDATE_NOT_OFFERED. */
  const offered = async (site: string, sha256: string): Promise<Upload> => {
    const known = uploads.get(site)
    if (known?.offer.updateSha256 === sha256) return known
    const offer = await deps.offers.read(site)
    if (offer?.updateSha256 !== sha256) throw notOffered(site, sha256)
    const found = await openUpload(deps.openIncoming, { site, offer, continued: true })
    const meanwhile = uploads.get(site)
    if (meanwhile?.offer.updateSha256 === sha256) return meanwhile
    uploads.set(site, found)
    return found
  }

  return {
    offer: (site, offer) =>
      exclusively(site, async () => {
        await driver.catchUp()
        const before = uploads.get(site)
        uploads.delete(site)
        // Whoever offers again has given up what is still on its way.
        await before?.interrupt()
        if (isDelivered(driver.state(), { site, ...offer })) return allOf(offer)
        const upload = await orDrop(site, before, takeOffer(site, offer))
        uploads.set(site, upload)
        return upload.holding()
      }),
    write: async (site, part) => (await offered(site, part.sha256)).write(part),
    commit: (site, update) =>
      exclusively(site, async () => {
        await driver.catchUp()
        if (isDelivered(driver.state(), { site, ...update })) return
        const upload = await offered(site, update.updateSha256)
        await upload.assertWhole()
        await orDrop(site, upload, admit(site, upload))
        uploads.delete(site)
      }),
  }
}

type Turnstile = <T>(site: string, work: () => Promise<T>) => Promise<T>

/** Lets one offer or commit per site run at a time and refuses a second one. */
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

/** Checks a whole update, stores what is folded of it, then records it: it is acknowledged only after that. */
function createAdmission({ blobs, driver, checker }: UploadsDeps) {
  /** Stored or about to be, and perhaps not yet in the journal. */
  const underWay = new Map<string, string>()

  const store = async (site: string, { offer }: Upload, file: StoredFile): Promise<void> => {
    const { sha256 } = file
    underWay.set(site, sha256)
    try {
      await blobs.adopt(file)
      await driver.submit((state) => {
        if (isDelivered(state, { site, ...offer })) return []
        const admission = checkOffer(state, site, offer)
        return [spooledFact(site, { offer, admission, stored: file })]
      })
    } catch (error) {
      underWay.delete(site)
      const needed =
        neededBlobs(driver.state()).has(sha256) || [...underWay.values()].includes(sha256)
      const isLeftOver = error instanceof UpdateRefusedError || error instanceof UploadError
      if (isLeftOver && !needed) await blobs.remove(sha256)
      throw error
    } finally {
      underWay.delete(site)
    }
  }

  return async (site: string, upload: Upload): Promise<void> => {
    const { offer, incoming } = upload
    checkOffer(driver.state(), site, offer)
    const format = agreedFormat(driver.state(), site, offer)
    const { round, updateSha256: sha256, updateBytes: bytes } = offer
    const path = blobs.temporaryPath()
    try {
      const sent = { path: await incoming.file(), sha256, bytes }
      const delta = await checker.check({ site, round, ...sent, format, unpackTo: path })
      if (delta === undefined) await rename(sent.path, path)
      await store(site, upload, { path, ...(delta ?? { sha256, bytes }) })
      await incoming.remove()
    } finally {
      await rm(path, { force: true })
    }
  }
}

type StoredFile = Parameters<BlobStore['adopt']>[0]

const notOffered = (site: string, sha256: string): UploadError =>
  new UploadError({
    code: 'UPDATE_NOT_OFFERED',
    message: `No update ${sha256} of ${site} is on offer. Offer it again and go on where the answer says.`,
  })

const allOf = ({ updateBytes }: UpdateOffer): Holding => ({ offset: updateBytes, missing: [] })

const stillBusy = (site: string): UploadError =>
  new UploadError({
    code: 'UPDATE_BUSY',
    message: `Another request about the update of ${site} is being served. Try again.`,
  })

/** Once per site, round and code, so that a site cannot fill the journal. */
function refusalFacts(state: StudyState, site: string, code: string): readonly JournalEvent[] {
  if (state.phase.kind !== 'collecting') return []
  const { round, refusals } = state.phase.round
  const known = refusals.some((refusal) => refusal.site === site && refusal.code === code)
  return known ? [] : [{ kind: 'update-refused', round, site, code }]
}

interface Admitted {
  readonly offer: UpdateOffer
  readonly admission: Admission
  readonly stored: Blob
}

function spooledFact(site: string, { offer, admission, stored }: Admitted): JournalEvent {
  const { updateSha256, updateBytes, format, samples, meanLoss, steps } = offer
  const { round, staleness } = admission
  const { sha256, bytes } = stored
  return {
    kind: 'update-spooled',
    ...{ round, site, sha256: updateSha256, bytes: updateBytes, samples, meanLoss, steps },
    ...(staleness > 0 && { staleness }),
    ...(sha256 === updateSha256 ? {} : { format, delta: { sha256, bytes } }),
  }
}
