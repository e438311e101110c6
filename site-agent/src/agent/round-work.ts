/** The finished work of a round on disk. It survives restarts of the agent, so a round is never trained twice. */
import { readFile, rm } from 'node:fs/promises'
import type { Frames } from '@consilium/proto'
import {
  decodeSafetensors,
  deltaOf,
  encodeSafetensors,
  findNonFinite,
  sha256,
} from '@consilium/weights'
import { z } from 'zod'
import { parseJson } from '../parse-json.ts'
import { readIfThere } from '../state/read-if-there.ts'
import { replaceFile } from '../state/replace-file.ts'
import type { StateFolder } from '../state/state-folder.ts'
import { isWhole } from './download-blob.ts'

const workSchema = z.object({
  round: z.int(),
  baseSha256: z.string(),
  updateSha256: z.string(),
  updateBytes: z.int(),
  samples: z.int(),
  meanLoss: z.number(),
  steps: z.int(),
  planSha256: z.string(),
})

/** What is offered to the coordinator. */
export type RoundWork = Readonly<z.infer<typeof workSchema>>

type Paths = StateFolder['paths']

/** The work for exactly this round and base, if it is there and whole. */
export const readRoundWork = (
  paths: Paths,
  wanted: Pick<RoundWork, 'round' | 'baseSha256' | 'planSha256'>,
): Promise<RoundWork | undefined> =>
  findRoundWork(
    paths,
    ({ round, baseSha256, planSha256 }) =>
      round === wanted.round &&
      baseSha256 === wanted.baseSha256 &&
      planSha256 === wanted.planSha256,
  )

/** The last finished work, if it is wanted, there and whole. */
export async function findRoundWork(
  paths: Paths,
  isWanted: (work: RoundWork) => boolean,
): Promise<RoundWork | undefined> {
  const work = workSchema.safeParse(parseJson((await readIfThere(paths.round)) ?? '')).data
  if (work === undefined || !isWanted(work)) return undefined
  const update = { sha256: work.updateSha256, bytes: work.updateBytes }
  return (await isWhole(paths.update, update)) ? work : undefined
}

export interface TrainedRound {
  readonly invitation: Frames['roundInvitation']
  readonly planSha256: string
  /** Safetensors before and after training. */
  readonly baseFile: string
  readonly trainedFile: string
  readonly samples: number
  readonly meanLoss: number
  readonly steps: number
}

/** Writes the difference that training made as this round's work. Undefined if it holds a NaN or an infinity. */
export async function writeRoundWork(
  paths: Paths,
  trained: TrainedRound,
): Promise<RoundWork | undefined> {
  const [before, after] = await Promise.all([trained.baseFile, trained.trainedFile].map(readArrays))
  const delta = deltaOf(after!, before!)
  if (findNonFinite(delta) !== undefined) return undefined
  const bytes = encodeSafetensors(delta)
  const { round, baseSha256 } = trained.invitation
  const work: RoundWork = {
    round,
    baseSha256,
    updateSha256: sha256(bytes),
    updateBytes: bytes.length,
    samples: trained.samples,
    meanLoss: trained.meanLoss,
    steps: trained.steps,
    planSha256: trained.planSha256,
  }
  await rm(paths.round, { force: true })
  await replaceFile(paths.update, bytes)
  await replaceFile(paths.round, JSON.stringify(work))
  await rm(trained.trainedFile, { force: true })
  return work
}

const readArrays = async (file: string) => decodeSafetensors(await readFile(file)).arrays
