/** One round at a site: fetch the global model, train, keep the update, deliver it. Every step may be interrupted and done again. */
import { existsSync } from 'node:fs'
import { ConsiliumError } from '@consilium/errors'
import { reachOf } from '@consilium/learning/control-variate'
import type { Frames } from '@consilium/proto'
import type { StudyPlan } from '@consilium/study'
import type { WireFormat } from '@consilium/weights'
import { CoordinatorRefusalError, TrainerEndedError } from '../errors.ts'
import type { Pace } from '../pace/pace.ts'
import type { StateFolder } from '../state/state-folder.ts'
import { removeCheckpoints } from '../training/checkpoint-file.ts'
import { MAX_CHECKPOINT_SHARE } from '../training/checkpoint-schedule.ts'
import type {
  Trainer,
  TrainEvent,
  TrainJob,
  TrainProgress,
  TrainResult,
} from '../training/trainer.ts'
import { carryOver } from '../update/carry-over.ts'
import type { AgentEvent } from './agent-event.ts'
import type { CoordinatorLink } from './coordinator-link.ts'
import { fetchModels, type RoundModels } from './fetch-models.ts'
import type { LeftLog } from './left-log.ts'
import { roundLoss } from './round-loss.ts'
import { readRoundWork, writeRoundWork, type RoundWork } from './round-work.ts'
import { settleUpdate } from './settle-update.ts'
import { readUnsettledWork, settleWork } from './settled-work.ts'
import { uploadUpdate } from './upload-update.ts'

/** Progress leaves the site at most this often. */
export const PROGRESS_INTERVAL_MS = 500

/** The coordinator says this about a round that has moved on: the site waits for the next. */
const TOO_LATE: ReadonlySet<string> = new Set([
  'UPDATE_WRONG_ROUND',
  'UPDATE_WRONG_BASE',
  'UPDATE_NOT_INVITED',
  'UPDATE_DUPLICATE',
  'BLOB_NOT_SERVED',
])

/** Areas of error codes that mean: this site has no update to give. */
const TRAINING_AREAS: ReadonlySet<string> = new Set([
  'TRAINING',
  'LEARNING',
  'ENGINE',
  'WEIGHTS',
  'DATA',
])

/** What the coordinator says of an update whose training diverged counts too: it would wait for another one. */
const isOfTraining = (code: string): boolean =>
  TRAINING_AREAS.has(code.split('_')[0]!) || code === 'UPDATE_NORM'

/** Trouble that may be over in the next round. */
const FAILED_ONCE: ReadonlySet<string> = new Set([
  'TRAINING_NOT_FINITE',
  'UPDATE_NORM',
  'TRAINING_PROCESS_ENDED',
  'TRAINING_OUT_OF_MEMORY',
  'TRAINING_FEED_ENDED',
  'ENGINE_OUT_OF_MEMORY',
  'ENGINE_LANE_ENDED',
])

export interface RoundDeps {
  readonly url: string
  readonly site: string
  readonly plan: StudyPlan
  /** In which updates are written. */
  readonly format: WireFormat
  readonly planSha256: string
  /** Number of the site's training images: the update's weight in the average. */
  readonly samples: number
  readonly threads: number
  /** How often training is written down locally, at most. */
  readonly checkpointIntervalMs: number
  readonly paths: StateFolder['paths']
  readonly link: CoordinatorLink
  readonly trainer: Pick<Trainer, 'train'>
  readonly left: LeftLog
  readonly pace: Pace
  readonly report: (event: AgentEvent) => void
  /** Milliseconds that only go forward. */
  readonly clock: () => number
  /** Aborts when somebody stops the agent, and not when the coordinator wants something else. */
  readonly stopping: AbortSignal
  readonly persist: <T>(attempt: () => Promise<T>, signal: AbortSignal) => Promise<T>
}

type Invitation = Frames['roundInvitation']

/** Resolves when the update is delivered, or this round is told to go on without it. */
export async function runRound(
  deps: RoundDeps,
  invitation: Invitation,
  signal: AbortSignal,
): Promise<void> {
  const { round } = invitation
  await offerOverdueWork(deps, round, signal)
  deps.report({ event: 'round', round, rounds: deps.plan.schedule.rounds })
  try {
    const work =
      (await finishedWork(deps, invitation)) ?? (await makeWork(deps, invitation, signal))
    await deliver(deps, work, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ConsiliumError)) throw error
    if (isOfTraining(error.code)) await admitFailure(deps, { round, code: error.code }, signal)
    if (!TOO_LATE.has(error.code) && !FAILED_ONCE.has(error.code)) throw error
    deps.report({ event: 'missed', round, code: error.code })
  }
}

/** Work whose round went on without it, for want of a connection, is offered once: the plan may give late updates a weight. */
async function offerOverdueWork(
  deps: RoundDeps,
  round: number,
  signal: AbortSignal,
): Promise<void> {
  const { paths, planSha256 } = deps
  const work = await readUnsettledWork(
    paths,
    (found) => found.round !== round && found.planSha256 === planSha256,
  )
  if (work === undefined) return
  try {
    await deliver(deps, work, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof CoordinatorRefusalError)) throw error
    deps.report({ event: 'missed', round: work.round, code: error.code })
  }
}

const finishedWork = (
  { paths, planSha256 }: RoundDeps,
  { round, baseSha256 }: Invitation,
): Promise<RoundWork | undefined> => readRoundWork(paths, { round, baseSha256, planSha256 })

async function makeWork(
  deps: RoundDeps,
  invitation: Invitation,
  signal: AbortSignal,
): Promise<RoundWork> {
  const { round } = invitation
  const { paths, planSha256, samples, format } = deps
  deps.link.tell({ kind: 'roundAccepted', round })
  const { baseFile, controlFile } = await fetchModels(deps, invitation, signal)
  await settle(deps, signal)
  const trainedFile = paths.trained
  const result = await train(deps, { round, baseFile, trainedFile, controlFile }, signal)
  const { steps } = result
  const control = isScaffold(deps.plan)
    ? { globalFile: controlFile, reach: reachOf(deps.plan, { round, steps }) }
    : undefined
  const meanLoss = roundLoss(result.meanLoss)
  const work = Number.isFinite(meanLoss)
    ? await deps.persist(
        () =>
          writeRoundWork(paths, {
            invitation,
            planSha256,
            format,
            baseFile,
            trainedFile,
            samples,
            meanLoss,
            steps,
            control,
          }),
        signal,
      )
    : undefined
  if (work === undefined) throw notFinite(round)
  await removeCheckpoints(paths.checkpoint)
  return work
}

const settle = ({ paths, link, persist }: RoundDeps, signal: AbortSignal): Promise<void> =>
  persist(async () => {
    await link.session(signal)
    await settleUpdate(paths, (frame) => link.ask(frame))
  }, signal)

interface Round extends RoundModels {
  readonly round: number
  readonly trainedFile: string
}

const isScaffold = ({ aggregation }: StudyPlan): boolean => aggregation?.rule === 'scaffold'

async function train(
  deps: RoundDeps,
  { round, baseFile, trainedFile, controlFile }: Round,
  signal: AbortSignal,
): Promise<TrainResult> {
  const { plan, site, threads, paths, checkpointIntervalMs } = deps
  const job: TrainJob = {
    plan,
    site,
    round,
    datasetDir: paths.dataset,
    weightsFile: baseFile,
    updatedFile: trainedFile,
    threads,
    ...(isScaffold(plan) && {
      control: {
        ...(existsSync(paths.control) && { own: paths.control }),
        ...(controlFile !== undefined && { global: controlFile }),
      },
    }),
    checkpoints: {
      folder: paths.checkpoint,
      intervalMs: checkpointIntervalMs,
      maxShare: MAX_CHECKPOINT_SHARE,
    },
  }
  return trainThroughCrashes(deps, job, signal)
}

/** The process of the trainer may die, perhaps for want of memory: once may be bad luck, and so may be once more further on. */
async function trainThroughCrashes(
  deps: RoundDeps,
  job: TrainJob,
  signal: AbortSignal,
): Promise<TrainResult> {
  for (let reached = -1; ;) {
    let resumedAt = 0
    const tell = createTrainTeller(deps, job.round)
    const onEvent = (event: TrainEvent): void => {
      if (event.kind === 'resumed') resumedAt = event.step
      tell(event)
    }
    try {
      return await deps.trainer.train(job, onEvent, signal)
    } catch (error) {
      if (!(error instanceof TrainerEndedError) || resumedAt < reached) throw error
      reached = resumedAt + 1
      deps.report({ event: 'waiting', reason: error.message })
    }
  }
}

function createTrainTeller(deps: RoundDeps, round: number): (event: TrainEvent) => void {
  const tellProgress = createProgressTeller(deps, round)
  return (event) => {
    switch (event.kind) {
      case 'step':
        tellProgress(event)
        return
      case 'resumed':
        deps.report({ event: 'resumed', round, step: event.step, steps: event.steps })
        return
      case 'saved':
        reportSaved(deps, round, event)
        return
      case 'notice':
        deps.report({ event: 'notice', code: event.code, message: event.message })
        return
      default:
        event satisfies never
    }
  }
}

function reportSaved(
  { stopping, report }: RoundDeps,
  round: number,
  { step, steps }: { step: number; steps: number },
): void {
  if (stopping.aborted) report({ event: 'saved', what: 'training', round, step, steps })
}

/** Passes progress on, thinned out; the last step always. */
function createProgressTeller(
  { link, report, clock, plan }: RoundDeps,
  round: number,
): (progress: TrainProgress) => void {
  let toldAt = -Infinity
  return (progress) => {
    const now = clock()
    if (progress.step < progress.steps && now - toldAt < PROGRESS_INTERVAL_MS) return
    toldAt = now
    const { step, steps } = progress
    const loss = roundLoss(progress.loss)
    const imagesPerSecond = Math.round(progress.imagesPerSecond * 10) / 10
    report({
      event: 'progress',
      round,
      rounds: plan.schedule.rounds,
      step,
      steps,
      loss,
      imagesPerSecond,
    })
    if (Number.isFinite(loss))
      link.tell({ kind: 'progress', round, step, steps, loss, imagesPerSecond })
  }
}

/** An update is settled once the coordinator has taken it, or refused it for good. */
async function deliver(deps: RoundDeps, work: RoundWork, signal: AbortSignal): Promise<void> {
  const { url, link, left, pace, paths, persist, report } = deps
  let attempt = 0
  try {
    await persist(async () => {
      await pace.begin(work.updateBytes, signal)
      const token = await link.session(signal)
      const ask = (frame: Parameters<typeof link.ask>[0]) => link.ask(frame)
      attempt += 1
      await uploadUpdate({ url, token, work, file: paths.update, ask, left, pace, attempt, signal })
    }, signal)
  } catch (error) {
    if (error instanceof CoordinatorRefusalError)
      await persist(() => settleWork(paths, work), signal)
    throw error
  }
  await persist(async () => {
    await carryOver(paths)
    await settleWork(paths, work)
  }, signal)
  const { round, updateBytes: bytes, updateSha256: sha256 } = work
  report({ event: 'uploaded', round, bytes, sha256 })
}

/** Lets the round go on without this site. */
async function admitFailure(
  { link, persist }: RoundDeps,
  failure: { round: number; code: string },
  signal: AbortSignal,
): Promise<void> {
  await persist(async () => {
    await link.session(signal)
    await link.ask({ kind: 'roundFailed', ...failure })
  }, signal)
}

const notFinite = (round: number): ConsiliumError =>
  new ConsiliumError({
    code: 'TRAINING_NOT_FINITE',
    message: `Training of round ${round} gave values that are not finite. No update is sent. Lower the learning rate in the study plan if this goes on.`,
  })
