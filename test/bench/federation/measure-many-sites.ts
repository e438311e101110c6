/** A round of very many sites, all of which are invited at once and answer as soon as they can. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { countParameters, encodeSafetensors, type NamedArrays } from '@consilium/weights'
import { createFederation } from '../../e2e/support/federation.ts'
import { createProcesses } from '../../e2e/support/processes.ts'
import { programOfBench, type LineProcesses } from '../line-processes.ts'
import type { ManySitesJob } from './many-sites-process.ts'
import { peakRssMiB } from './peak-rss.ts'
import { millionPlan } from './plans.ts'
import { readJournal } from './read-journal.ts'

export interface ManySitesResult {
  readonly sites: number
  readonly parameters: number
  /** From the invitation to the next model. */
  readonly seconds: number
  /** Of the coordinator. */
  readonly peakRssMiB: number
  /** Connections that broke in the meantime. */
  readonly missedHeartbeats: number
}

export interface ManySitesOptions {
  readonly sites: number
  /** Of the plan. */
  readonly weights: NamedArrays
  readonly folder: string
  readonly processes: LineProcesses
  readonly say: (line: string) => void
}

export async function measureManySites(options: ManySitesOptions): Promise<ManySitesResult> {
  const { sites, weights, folder, processes, say } = options
  const programs = createProcesses()
  try {
    say(`${sites} sites join`)
    const coordinator = await createFederation(folder, programs.start).serve(millionPlan({ sites }))
    const { url } = coordinator
    const deltaFile = join(folder, 'delta.safetensors')
    await writeFile(deltaFile, encodeSafetensors(filledWith(2 ** -10, weights)))
    const job: ManySitesJob = { url, sites, deltaFile }
    const crowd = await processes.start({
      name: 'many sites',
      ...programOfBench('federation/many-sites-process', [JSON.stringify(job)]),
    })
    say('all have joined, updates are on their way')
    const { missedHeartbeats } = (await crowd.ask({})) as { missedHeartbeats: number }
    await crowd.end()
    return {
      sites,
      parameters: countParameters(weights),
      seconds: await secondsOfRound(url),
      peakRssMiB: await peakRssMiB(coordinator.pid),
      missedHeartbeats,
    }
  } finally {
    await programs.stopAll()
  }
}

const filledWith = (value: number, weights: NamedArrays): NamedArrays =>
  new Map([...weights].map(([name, a]) => [name, { ...a, data: a.data.map(() => value) }]))

async function secondsOfRound(url: string): Promise<number> {
  const journal = await readJournal(url)
  const at = (kind: string): number => {
    const found = journal.find((entry) => entry.kind === kind)
    if (found === undefined) throw new Error(`internal: no ${kind}`)
    return Date.parse(found.at)
  }
  return (at('round-committed') - at('round-opened')) / 1000
}
