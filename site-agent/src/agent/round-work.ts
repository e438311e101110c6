/** The finished work of a round on disk. It survives restarts of the agent, so a round is never trained twice. */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Frames } from '@consilium/proto'
import type { WireFormat } from '@consilium/weights'
import { z } from 'zod'
import { parseJson } from '../parse-json.ts'
import { readIfThere } from '../state/read-if-there.ts'
import { replaceFile } from '../state/replace-file.ts'
import type { StateFolder } from '../state/state-folder.ts'
import { openWeightsFile, type WeightsFile } from '../update/weights-file.ts'
import { writeUpdate, type WrittenUpdate } from '../update/write-update.ts'
import { isWhole } from './download-blob.ts'

const workSchema = z.object({
  round: z.int(),
  baseSha256: z.string(),
  updateSha256: z.string(),
  updateBytes: z.int(),
  format: z.string().default('float32'),
  samples: z.int(),
  meanLoss: z.number(),
  steps: z.int(),
  planSha256: z.string(),
})

/** What is offered to the coordinator. */
export type RoundWork = Readonly<z.infer<typeof workSchema>>

type Paths = StateFolder['paths']

/** The finished work that is there, of whichever round. */
export const keptWork = async ({ round }: Paths): Promise<RoundWork | undefined> =>
  workSchema.safeParse(parseJson((await readIfThere(round)) ?? '')).data

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
  const work = await keptWork(paths)
  if (work === undefined || !isWanted(work)) return undefined
  const update = { sha256: work.updateSha256, bytes: work.updateBytes }
  return (await isWhole(paths.update, update)) ? work : undefined
}

export interface TrainedRound {
  readonly invitation: Frames['roundInvitation']
  readonly planSha256: string
  /** Of the update. */
  readonly format: WireFormat
  /** Safetensors before and after training. */
  readonly baseFile: string
  readonly trainedFile: string
  readonly samples: number
  readonly meanLoss: number
  readonly steps: number
  /** With the rule SCAFFOLD. */
  readonly control?: TrainedControl | undefined
}

export interface TrainedControl {
  /** The control variate c that came with the model; undefined while it is zero. */
  readonly globalFile: string | undefined
  /** How far the steps lead with gradients of 1. */
  readonly reach: number
}

/**
 * Writes the difference that training made as this round's work. Undefined if it holds a NaN or an infinity. Whether the update
 * before was delivered has to be settled first (settle-update.ts).
 */
export async function writeRoundWork(
  paths: Paths,
  trained: TrainedRound,
): Promise<RoundWork | undefined> {
  await rm(paths.round, { force: true })
  const update = await writeTrained(paths, trained)
  if (update === undefined) return undefined
  const { invitation, format, samples, meanLoss, steps, planSha256 } = trained
  const { round, baseSha256 } = invitation
  const work: RoundWork = {
    ...{ round, baseSha256, updateSha256: update.sha256, updateBytes: update.bytes },
    ...{ format: format.format, samples, meanLoss, steps, planSha256 },
  }
  await replaceFile(paths.round, JSON.stringify(work))
  await rm(trained.trainedFile, { force: true })
  return work
}

async function writeTrained(
  paths: Paths,
  { baseFile, trainedFile, format, control }: TrainedRound,
): Promise<WrittenUpdate | undefined> {
  const open = createFileOpener()
  try {
    const files = {
      before: await open(baseFile),
      after: await open(trainedFile),
      residual: format.format === 'float32' ? undefined : await open.ifThere(paths.residual),
      control: control && {
        own: await open.ifThere(paths.control),
        global: control.globalFile === undefined ? undefined : await open(control.globalFile),
        reach: control.reach,
      },
    }
    const { update, nextResidual: residual, nextControl } = paths
    return await writeUpdate(files, format, { update, residual, control: nextControl })
  } finally {
    await open.closeAll()
  }
}

/** Opens files that are closed together. */
function createFileOpener() {
  const files: WeightsFile[] = []
  const open = async (file: string): Promise<WeightsFile> => {
    const opened = await openWeightsFile(file)
    files.push(opened)
    return opened
  }
  return Object.assign(open, {
    ifThere: async (file: string): Promise<WeightsFile | undefined> =>
      existsSync(file) ? open(file) : undefined,
    closeAll: () => Promise.all(files.map((file) => file.close())),
  })
}
