/** One training job in the trainer process: the round from its global model, or the rest of it from a local checkpoint. */
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { machineKey } from '@consilium/engine'
import type { ConsiliumError } from '@consilium/errors'
import {
  createPretrainer,
  type OnStep,
  type Pretrainer,
  type RoundCheckpoint,
} from '@consilium/learning'
import { planDigest } from '@consilium/study'
import { decodeSafetensors, encodeSafetensors, sha256, type NamedArrays } from '@consilium/weights'
import { datasetDigest, readDataset } from '../data/dataset-file.ts'
import { CheckpointNotWrittenError, CheckpointUnusableError, DiskFullError } from '../errors.ts'
import { isDiskFull } from '../state/full-disk.ts'
import { replaceFile } from '../state/replace-file.ts'
import { VERSION } from '../version.ts'
import {
  readCheckpoint,
  removeCheckpoints,
  writeCheckpoint,
  type CheckpointKey,
} from './checkpoint-file.ts'
import { createCheckpointSchedule } from './checkpoint-schedule.ts'
import { readCorrection, type Correction } from './read-correction.ts'
import type { TrainEvent, TrainJob, TrainResult } from './trainer-messages.ts'

/** While the disk is full, a trained round is tried to be written this often. */
export const ROOM_RETRY_MS = 2000

/** A site that is ready to train: its data set and its compiled step stay in memory between rounds. */
interface Ready {
  readonly key: string
  readonly pretrainer: Pretrainer
  /** Digest of the data set it trains on. */
  readonly data: string
}

export interface TrainDeps {
  readonly tell: (event: TrainEvent) => void
  /** Lets messages in; true when the job has been told to stop. */
  readonly isToStop: () => Promise<boolean>
  readonly now: () => number
}

/** Thrown out of a job that was told to stop, between two steps. */
export class Stopped extends Error {}

/** Returns what trains one round after the other, of one study at a time. */
export function createRoundTrainer(deps: TrainDeps): (job: TrainJob) => Promise<TrainResult> {
  let ready: Ready | undefined
  return async (job) => {
    const content = await readFile(job.weightsFile)
    const start = decodeSafetensors(content).arrays
    const key = JSON.stringify([job.plan, job.site, job.datasetDir, job.threads])
    if (ready?.key !== key) {
      const last = ready
      ready = undefined
      await last?.pretrainer.dispose()
      ready = { key, ...(await prepare(job, start)) }
    }
    const correction = await readCorrection(job, start)
    return trainRound({ job, start, base: sha256(content), correction, ready, deps })
  }
}

async function prepare(job: TrainJob, weights: NamedArrays): Promise<Omit<Ready, 'key'>> {
  const { plan, site, datasetDir, threads } = job
  const dataset = await readDataset(datasetDir)
  const data = await datasetDigest(datasetDir)
  return { data, pretrainer: await createPretrainer({ plan, site, dataset, weights, threads }) }
}

interface Round {
  readonly job: TrainJob
  readonly start: NamedArrays
  /** SHA-256 of the file with `start`. */
  readonly base: string
  readonly correction: Correction
  readonly ready: Ready
  readonly deps: TrainDeps
}

async function trainRound(round: Round): Promise<TrainResult> {
  const { job, start, correction, ready, deps } = round
  const { pretrainer } = ready
  const key = checkpointKey(round)
  const checkpoint = await usableCheckpoint(job, key, round)
  const first = checkpoint?.step ?? 0
  const began = deps.now()
  const rate = (step: number, batch: number): number =>
    ((step - first) * batch) / ((deps.now() - began) / 1000)
  const keep = checkpointKeeper(round, key)
  const onStep: OnStep = async ({ step, steps, loss, batch }, checkpointNow) => {
    deps.tell({ kind: 'step', step, steps, loss, imagesPerSecond: rate(step, batch) })
    const isToStop = await deps.isToStop()
    await keep(checkpointNow, isToStop)
    if (isToStop) throw new Stopped()
  }
  const { weights, steps, samples, meanLoss, batch } =
    checkpoint === undefined
      ? await pretrainer.trainRound(job.round, start, onStep, correction.arrays)
      : await pretrainer.resumeRound(job.round, checkpoint, onStep, correction.arrays)
  await writeWhenThereIsRoom(() => replaceFile(job.updatedFile, encodeSafetensors(weights)), deps)
  return { steps, samples, meanLoss, imagesPerSecond: rate(steps, batch) }
}

function checkpointKey({
  job,
  base,
  correction,
  ready: { data, pretrainer },
}: Round): CheckpointKey {
  return {
    round: job.round,
    base,
    control: correction.digest,
    plan: planDigest(job.plan),
    site: job.site,
    data,
    choice: JSON.stringify(pretrainer.choice),
    code: `consilium-site ${VERSION}, node ${process.version}, ${machineKey()}`,
  }
}

/** Says what was found. A checkpoint that is of no use is removed. */
async function usableCheckpoint(
  { checkpoints: { folder } }: TrainJob,
  key: CheckpointKey,
  { ready: { pretrainer }, deps }: Round,
): Promise<RoundCheckpoint | undefined> {
  const found = await readCheckpoint(folder, key)
  if (found.kind === 'usable') {
    const { step } = found.checkpoint
    deps.tell({ kind: 'resumed', step, steps: pretrainer.steps })
    return found.checkpoint
  }
  if (found.kind === 'unusable') {
    deps.tell(notice(new CheckpointUnusableError({ round: key.round, ...found })))
  }
  await removeCheckpoints(folder)
  return undefined
}

/** Writes a checkpoint when one is due, and when the job ends before the round does. Without room for it training goes on. */
function checkpointKeeper(
  { job: { checkpoints }, ready: { pretrainer }, deps: { now, tell } }: Round,
  key: CheckpointKey,
): (checkpoint: () => RoundCheckpoint, isLast: boolean) => Promise<void> {
  const schedule = createCheckpointSchedule(checkpoints, now)
  let hasRoom = true
  return async (checkpointNow, isLast) => {
    if (!isLast && !schedule.isDue()) return
    const began = now()
    const checkpoint = checkpointNow()
    const { step } = checkpoint
    const hadRoom = hasRoom
    hasRoom = await tryToWrite(() => writeCheckpoint(checkpoints.folder, key, checkpoint))
    schedule.took(now() - began)
    if (hasRoom && isLast) tell({ kind: 'saved', step, steps: pretrainer.steps })
    if (hadRoom && !hasRoom) tell(notice(new CheckpointNotWrittenError({ round: key.round, step })))
  }
}

/** The trained weights are in memory only: they wait there for room on the disk. */
async function writeWhenThereIsRoom(
  write: () => Promise<void>,
  { tell, isToStop }: TrainDeps,
): Promise<void> {
  for (let attempt = 0; !(await tryToWrite(write)); attempt += 1) {
    if (attempt === 0) tell(notice(new DiskFullError()))
    await setTimeout(ROOM_RETRY_MS)
    if (await isToStop()) throw new Stopped()
  }
}

/** False if the disk is full. */
async function tryToWrite(write: () => Promise<void>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (error) {
    if (isDiskFull(error)) return false
    throw error
  }
}

const notice = ({ code, message }: ConsiliumError): TrainEvent => ({
  kind: 'notice',
  code,
  message,
})
