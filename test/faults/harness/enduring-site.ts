/**
 * A site that takes part to the end, through lost connections and restarts of its coordinator, as an agent does: what was
 * not acknowledged is offered again. Its updates are made up from its name and the round alone.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Frame, Frames } from '@consilium/proto'
import { createStream } from '@consilium/random'
import {
  decodeSafetensors,
  encodeSafetensors,
  sha256,
  type NamedArray,
  type NamedArrays,
} from '@consilium/weights'
import { NotJoinedError, ProtocolSite } from '../../e2e/support/protocol-site.ts'
import type { Turns } from './turns.ts'

/** Between two attempts to reach the coordinator. */
const RETRY_MS = 25
/** An answer that takes longer is lost. */
const ANSWER_MS = 5000

/**
 * What a site does with an invitation: beside delivering, first send an update that must be refused, or report that it
 * failed, or leave the study, or lose its connection and come back when it may.
 */
export type Deed = 'deliver' | 'spoil' | 'fail' | 'leave' | { readonly away: () => Promise<void> }

export interface EnduringSiteOptions {
  /** Where the coordinator, or a proxy before it, is reached. */
  readonly url: string
  readonly site: string
  /** See ProtocolSite. */
  readonly chunks?: number | undefined
  /** Who does what when. */
  readonly turns: Turns
  readonly deedIn?: (round: number) => Deed
  readonly signal: AbortSignal
  readonly answerMs?: number
  /** Told when the coordinator acknowledged an update: from then on it must not be lost. */
  readonly onAcknowledged: (update: { round: number; site: string; sha256: string }) => void
  /** Told why an attempt failed that is repeated. */
  readonly onTrouble?: (error: unknown) => void
}

/** How a study ended for a site. */
export type End =
  | { readonly kind: 'released'; readonly sha256: string }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'left' }

interface Owed {
  readonly invitation: Frames['roundInvitation']
  readonly update: Uint8Array
  readonly deed: Deed
}

/** What a site has in hand outlives its connections. */
interface Hand {
  owed: Owed | undefined
  /** Rounds for which nothing is owed any more. */
  readonly settled: Set<number>
}

/** Answers with the digest of the release once its bytes are here, or with the coordinator's last word. */
export async function takePart(options: EnduringSiteOptions): Promise<End> {
  const { signal, answerMs = ANSWER_MS, url, site: name, chunks } = options
  const hand: Hand = { owed: undefined, settled: new Set() }
  for (;;) {
    const site = new ProtocolSite(url, { answerMs, ...(chunks !== undefined && { chunks }) })
    const close = (): void => {
      site.close()
    }
    signal.addEventListener('abort', close)
    try {
      await site.join(name)
      return await work(options, site, hand)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof NotJoinedError && error.reply.code === STUDY_ABORTED)
        return { kind: 'refused', message: error.reply.message }
      options.onTrouble?.(error)
    } finally {
      signal.removeEventListener('abort', close)
      site.close()
    }
    await sleep(RETRY_MS, undefined, { signal })
  }
}

const STUDY_ABORTED = 'STUDY_ABORTED'

async function work(options: EnduringSiteOptions, site: ProtocolSite, hand: Hand): Promise<End> {
  for (;;) {
    if (hand.owed !== undefined) {
      await settle(options, site, hand)
      hand.settled.add(hand.owed.invitation.round)
      hand.owed = undefined
    }
    const frame = await site.next()
    if (frame.kind === 'roundInvitation' && !hand.settled.has(frame.round)) {
      const deed = options.deedIn?.(frame.round) ?? 'deliver'
      if (deed === 'leave') return leave(site, { kind: 'left' })
      hand.owed = await prepare(options, site, { invitation: frame, deed })
    }
    if (frame.kind === 'release') {
      await fetchBlob(site, frame.modelSha256)
      return leave(site, { kind: 'released', sha256: frame.modelSha256 })
    }
    if (frame.kind === 'error') return { kind: 'refused', message: frame.message }
  }
}

async function leave(site: ProtocolSite, end: End): Promise<End> {
  await done(site, { kind: 'leave' })
  return end
}

async function done(site: ProtocolSite, frame: Frame): Promise<void> {
  const answer = await site.ask(frame)
  if (answer.kind !== 'done') throw new Error(`'${frame.kind}': ${JSON.stringify(answer)}`)
}

async function fetchBlob(site: ProtocolSite, digest: string): Promise<Uint8Array> {
  const bytes = await site.download(digest)
  if (sha256(bytes) !== digest) throw new Error('the download was cut')
  return bytes
}

async function prepare(
  { turns, site: name, signal }: EnduringSiteOptions,
  site: ProtocolSite,
  { invitation, deed }: Pick<Owed, 'invitation' | 'deed'>,
): Promise<Owed> {
  const { round, baseSha256 } = invitation
  await turns.toTrain(round, name, signal)
  await done(site, { kind: 'roundAccepted', round })
  const { arrays } = decodeSafetensors(await fetchBlob(site, baseSha256))
  return { invitation, deed, update: madeUpUpdate(arrays, name, round) }
}

async function settle(options: EnduringSiteOptions, site: ProtocolSite, hand: Hand): Promise<void> {
  const { turns, site: name, signal } = options
  const owed = hand.owed!
  const { deed, update, invitation } = owed
  const { round } = invitation
  if (typeof deed === 'object') {
    hand.owed = { ...owed, deed: 'deliver' }
    site.close()
    await deed.away()
    throw new Error('the site was away')
  }
  await turns.toDeliver(round, name, signal)
  if (deed === 'spoil') await site.deliver(invitation, spoilt(update))
  if (deed === 'fail') await done(site, { kind: 'roundFailed', round, code: FAILURE })
  else await deliver(options, site, owed)
  turns.done(round, name)
}

/** What a site says of its training that gave no numbers. */
const FAILURE = 'TRAINING_NOT_FINITE'

/** A refusal that says that the round is over is as good as an acknowledgement for going on. */
async function deliver(
  { site: name, onAcknowledged }: EnduringSiteOptions,
  site: ProtocolSite,
  { invitation, update }: Owed,
): Promise<void> {
  const answer = await site.deliver(invitation, update)
  const { round } = invitation
  if (answer.kind === 'updateAck') onAcknowledged({ round, site: name, sha256: sha256(update) })
  else if (answer.kind !== 'error') throw new Error(`internal: '${answer.kind}' to a commit`)
  else if (answer.retryable) throw new Error(`${answer.code}: ${answer.message}`)
}

/** Small random changes of every weight, the same for one site and round whatever happened before. */
export function madeUpUpdate(model: NamedArrays, site: string, round: number): Uint8Array {
  const stream = createStream(1, 'update', site, round)
  return encodeSafetensors(
    new Map(
      [...model].map(([name, { shape, data }]): [string, NamedArray] => [
        name,
        { shape, data: Float32Array.from(data, () => stream.normal(0, 0.01)) },
      ]),
    ),
  )
}

/** Its last value is no number. */
function spoilt(update: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(update)
  new DataView(bytes.buffer).setFloat32(bytes.length - 4, NaN, true)
  return bytes
}
