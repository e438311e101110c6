/**
 * Sites of one study that speak the protocol and have nothing behind them, all in this process. Ready when all have
 * joined; answers {} when each has delivered an update of its own and the study is over.
 */
import { readFile } from 'node:fs/promises'
import { decodeSafetensors, encodeSafetensors, type NamedArrays } from '@consilium/weights'
import { ProtocolSite } from '../../e2e/support/protocol-site.ts'
import { answerLines } from '../answer-lines.ts'

/** The process's only argument, as JSON. */
export interface ManySitesJob {
  readonly url: string
  readonly sites: number
  /** Safetensors: the change of the weights that sites send, each with one value of its own. */
  readonly deltaFile: string
}

/** An answer may take as long as all others' before it. */
const ANSWER_MS = 600_000

/** Sites whose updates are under way at a time: all are held in this process's memory. */
const AT_ONCE = 64

const job = JSON.parse(process.argv[2]!) as ManySitesJob
const { arrays: delta } = decodeSafetensors(await readFile(job.deltaFile))
const ended = { wanted: false, missedHeartbeats: 0 }
const sites = await Promise.all(Array.from({ length: job.sites }, (_, i) => join(i)))
await answerLines({}, async () => {
  const waiting = sites.entries()
  await Promise.all(Array.from({ length: AT_ONCE }, () => deliverAll(waiting)))
  await Promise.all(sites.map((site) => site.pushed('release')))
  ended.wanted = true
  for (const site of sites) site.close()
  return { missedHeartbeats: ended.missedHeartbeats }
})

async function join(index: number): Promise<ProtocolSite> {
  const site = new ProtocolSite(job.url, { answerMs: ANSWER_MS })
  site.onDisconnect(() => {
    if (!ended.wanted) ended.missedHeartbeats += 1
  })
  await site.join(`site-${index}`)
  return site
}

async function deliverAll(waiting: Iterable<[number, ProtocolSite]>): Promise<void> {
  for (const [index, site] of waiting) await deliver(site, index)
}

async function deliver(site: ProtocolSite, index: number): Promise<void> {
  const invitation = await site.pushed('roundInvitation')
  await site.download(invitation.baseSha256)
  const answer = await site.deliver(invitation, encodeSafetensors(ownDelta(index)))
  if (answer.kind !== 'updateAck') throw new Error(`not taken: ${JSON.stringify(answer)}`)
}

/** The first tensor is the site's own. */
function ownDelta(index: number): NamedArrays {
  const own = new Map(delta)
  const [name, first] = [...delta][0]!
  own.set(name, { ...first, data: first.data.map(() => (index + 1) / 2 ** 20) })
  return own
}
