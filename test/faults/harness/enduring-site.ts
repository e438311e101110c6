/**
 * A site that takes part until the release, through lost connections and restarts of its coordinator, as an agent does:
 * what was not acknowledged is offered again. Its updates are made up from its name and the round alone.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Frames } from '@consilium/proto'
import { createStream } from '@consilium/random'
import {
  decodeSafetensors,
  encodeSafetensors,
  sha256,
  type NamedArray,
  type NamedArrays,
} from '@consilium/weights'
import { ProtocolSite } from '../../e2e/support/protocol-site.ts'
import type { Turns } from './turns.ts'

/** Between two attempts to reach the coordinator. */
const RETRY_MS = 25
/** An answer that takes longer is lost. */
const ANSWER_MS = 5000

export interface EnduringSiteOptions {
  /** Where the coordinator, or a proxy before it, is reached. */
  readonly url: string
  readonly site: string
  /** Who delivers when. */
  readonly turns: Turns
  readonly signal: AbortSignal
  readonly answerMs?: number
  /** Told when the coordinator acknowledged an update: from then on it must not be lost. */
  readonly onAcknowledged: (update: { round: number; site: string; sha256: string }) => void
  /** Told why an attempt failed that is repeated. */
  readonly onTrouble?: (error: unknown) => void
}

interface Owed {
  readonly invitation: Frames['roundInvitation']
  readonly update: Uint8Array
}

/** Answers with the digest of the release, once its bytes are here. */
export async function takePart(options: EnduringSiteOptions): Promise<string> {
  const { signal, answerMs = ANSWER_MS, url, site: name } = options
  let owed: Owed | undefined
  const owe = (next: Owed | undefined): void => {
    owed = next
  }
  for (;;) {
    const site = new ProtocolSite(url, { answerMs })
    const close = (): void => {
      site.close()
    }
    signal.addEventListener('abort', close)
    try {
      await site.join(name)
      return await work(options, site, { owed: () => owed, owe })
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof SiteRefusedError) throw error
      options.onTrouble?.(error)
    } finally {
      signal.removeEventListener('abort', close)
      site.close()
    }
    await sleep(RETRY_MS, undefined, { signal })
  }
}

interface Debt {
  readonly owed: () => Owed | undefined
  readonly owe: (next: Owed | undefined) => void
}

async function work(options: EnduringSiteOptions, site: ProtocolSite, debt: Debt): Promise<string> {
  for (;;) {
    const owed = debt.owed()
    if (owed !== undefined) {
      await deliver(options, site, owed)
      debt.owe(undefined)
    }
    const frame = await site.next()
    if (frame.kind === 'roundInvitation') {
      await options.turns.of(frame.round, options.site, options.signal)
      const base = await site.download(frame.baseSha256)
      if (sha256(base) !== frame.baseSha256) throw new Error('the download was cut')
      const update = madeUpUpdate(decodeSafetensors(base).arrays, options.site, frame.round)
      debt.owe({ invitation: frame, update })
    }
    if (frame.kind === 'release') {
      const bytes = await site.download(frame.modelSha256)
      if (sha256(bytes) !== frame.modelSha256) throw new Error('the download was cut')
      return frame.modelSha256
    }
    if (frame.kind === 'error') throw new SiteRefusedError(frame.code, frame.message)
  }
}

/** The coordinator's last word to a site. */
export class SiteRefusedError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(`${code}: ${message}`)
    this.code = code
  }
}

/** A refusal that says that the round is over is as good as an acknowledgement for going on. */
async function deliver(
  { site: name, turns, onAcknowledged }: EnduringSiteOptions,
  site: ProtocolSite,
  { invitation, update }: Owed,
): Promise<void> {
  const answer = await site.deliver(invitation, update)
  const { round } = invitation
  if (answer.kind === 'updateAck') onAcknowledged({ round, site: name, sha256: sha256(update) })
  else if (answer.kind !== 'error') throw new Error(`internal: '${answer.kind}' to a commit`)
  else if (answer.retryable) throw new Error(`${answer.code}: ${answer.message}`)
  turns.done(round, name)
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
