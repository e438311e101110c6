/**
 * A site agent from start to finish: look at the study, look at the data, join, take part in every round, keep the
 * released backbone, leave. Training goes on while the coordinator is away, and finished work is delivered when it is back.
 */
import { ConsiliumError } from '@consilium/errors'
import type { Frame, Frames } from '@consilium/proto'
import { createStream } from '@consilium/random'
import { sha256, type WireFormat } from '@consilium/weights'
import { canonicalJson } from '@consilium/study'
import type { LoadProgress } from '../data/loaded-data.ts'
import type { DataSource } from '../data/parse-data-source.ts'
import { preflightCounts, type PreflightReport } from '../data/preflight.ts'
import { prepareData } from '../data/prepare-data.ts'
import { PlanMismatchError } from '../errors.ts'
import { createPace, type Pace, type PaceOptions } from '../pace/pace.ts'
import { explainFullDisk } from '../state/full-disk.ts'
import { openStateFolder, type StateFolder } from '../state/state-folder.ts'
import type { Trainer } from '../training/trainer.ts'
import { chooseFormat, type FormatName } from '../update/choose-format.ts'
import { VERSION } from '../version.ts'
import type { AgentEvent } from './agent-event.ts'
import { AssignmentDesk, type Task } from './assignment-desk.ts'
import { CoordinatorLink } from './coordinator-link.ts'
import { fetchStudy, type Study } from './fetch-study.ts'
import { createLeftLog } from './left-log.ts'
import { persist } from './persist.ts'
import { roundLoss } from './round-loss.ts'
import { runRound, type RoundDeps } from './run-round.ts'
import { readUnsettledWork } from './settled-work.ts'
import { storeRelease } from './store-release.ts'

export interface AgentOptions {
  /** Address of the coordinator, without a slash at the end. */
  readonly url: string
  readonly site: string
  readonly source: DataSource
  readonly stateFolder: string
  readonly joinToken: string
  readonly threads: number
  /** Wire formats this site is willing to write. */
  readonly formats: readonly FormatName[]
  /** When and how fast models and updates travel. */
  readonly pace: PaceOptions
  /** How often training is written down locally, at most. */
  readonly checkpointIntervalMs: number
  /** Refuse data that cannot be evaluated on. */
  readonly labelsRequired: boolean
  readonly trainer: Pick<Trainer, 'train' | 'close'>
  readonly report: (event: AgentEvent) => void
  /** The full report, with local paths: for this site's own screen. */
  readonly onPreflight: (report: PreflightReport) => void
  readonly onReading: (progress: LoadProgress) => void
  /** Aborts the run: training stops, files stay whole, the site stays a member of the study. */
  readonly signal: AbortSignal
}

/** Resolves when the release is kept. Throws ConsiliumErrors, and the signal's reason when it aborts. */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { signal, site } = options
  const patient = <T>(attempt: () => Promise<T>): Promise<T> => patiently(options, attempt, signal)
  const state = await patient(() => openStateFolder(options.stateFolder))
  try {
    const study = await patient(() => fetchStudy(options.url, signal))
    const { plan, planSha256 } = study
    const format = chooseFormat(plan, options.formats)
    const samples = await patient(() => prepare(options, study, state))
    const planJson = canonicalJson(plan)
    const instance = await patient(() => state.bind({ site, planSha256, planJson }))
    await takePart(options, { study, format, state, samples, instance })
  } finally {
    await options.trainer.close()
    await state.close()
  }
}

/** Returns the number of training images. */
async function prepare(
  options: AgentOptions,
  { plan }: Study,
  { paths }: StateFolder,
): Promise<number> {
  const prepared = await prepareData(options.source, {
    folder: paths.dataset,
    shape: { size: plan.data.size, channels: plan.model.channels },
    labelsRequired: options.labelsRequired,
    onProgress: options.onReading,
    signal: options.signal,
  })
  options.onPreflight(prepared.report)
  options.report({ event: 'preflight', fresh: prepared.fresh, ...preflightCounts(prepared.report) })
  return prepared.report.splits.train
}

interface Ready {
  readonly study: Study
  readonly format: WireFormat
  readonly state: StateFolder
  readonly samples: number
  readonly instance: string
}

async function takePart(options: AgentOptions, ready: Ready): Promise<void> {
  const { late, asynchronous } = ready.study.plan.cohort
  const desk = new AssignmentDesk({
    lateCounts: late?.fate === 'weigh' || asynchronous !== undefined,
  })
  const stop = (): void => {
    desk.fail(options.signal.reason)
  }
  const deps = connect(options, ready, desk)
  try {
    options.signal.addEventListener('abort', stop)
    if (options.signal.aborted) stop()
    await work(deps, desk)
  } catch (error) {
    if (options.signal.aborted) await reportKeptUpdate(deps)
    throw error
  } finally {
    options.signal.removeEventListener('abort', stop)
    deps.link.close()
  }
}

async function reportKeptUpdate({ paths, planSha256, report }: RoundDeps): Promise<void> {
  const work = await readUnsettledWork(paths, (found) => found.planSha256 === planSha256)
  if (work !== undefined) report({ event: 'saved', what: 'update', round: work.round })
}

function connect(
  options: AgentOptions,
  { study, format, state, samples, instance }: Ready,
  desk: AssignmentDesk,
): RoundDeps {
  const { url, site, threads, checkpointIntervalMs, trainer, report, joinToken } = options
  const { plan, planSha256 } = study
  const { paths } = state
  const left = createLeftLog(paths.left, () => new Date())
  const link = new CoordinatorLink({
    url,
    agentVersion: VERSION,
    join: { site, joinToken, imagesBucket: 2 ** Math.floor(Math.log2(samples)), instance },
    left,
    jitter: createStream(0, 'reconnection', site),
    events: {
      onJoined(joined) {
        assertSamePlan(joined, planSha256)
        report({ event: 'joined', study: joined.study, planSha256, rounds: plan.schedule.rounds })
      },
      onFrame(frame) {
        reportResult(frame, report)
        if (frame.kind === 'waiting') report({ event: 'waiting', reason: frame.reason })
        desk.receive(frame)
      },
      onOffline({ code, message }) {
        const isGone = code === 'COORDINATOR_OFFLINE'
        const gone = `the coordinator at ${url} cannot be reached, trying again`
        report({ event: 'waiting', reason: isGone ? gone : message })
      },
      onRefused(error) {
        desk.fail(error)
      },
    },
  })
  const clock = (): number => performance.now()
  const pace = paceOf(options, clock)
  const patient: RoundDeps['persist'] = (attempt, signal) =>
    patiently(options, attempt, signal, link)
  return {
    url,
    site,
    plan,
    format,
    planSha256,
    samples,
    threads,
    checkpointIntervalMs,
    paths,
    link,
    trainer,
    left,
    pace,
    report,
    clock,
    stopping: options.signal,
    persist: patient,
  }
}

function paceOf({ pace, report }: AgentOptions, clock: () => number): Pace {
  const onWait = (reason: string): void => {
    report({ event: 'waiting', reason })
  }
  return createPace(pace, { now: () => new Date(), clock, onWait })
}

/** One task after the other until the release is kept. */
async function work(deps: RoundDeps, desk: AssignmentDesk): Promise<void> {
  for (;;) {
    const { task, signal } = await desk.next()
    try {
      await carryOut(deps, task, signal)
      desk.finish(task)
      if (task.kind === 'release') return
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

async function carryOut(deps: RoundDeps, task: Task, signal: AbortSignal): Promise<void> {
  if (task.kind === 'round') {
    await runRound(deps, task.invitation, signal)
    return
  }
  const { url, planSha256, paths, link, pace, report } = deps
  const { release } = task
  await deps.persist(async () => {
    await pace.begin(release.modelBytes, signal)
    const token = await link.session(signal)
    await storeRelease({ url, token, release, planSha256, paths, pace, signal })
  }, signal)
  report({ event: 'release', sha256: release.modelSha256, bytes: release.modelBytes })
  await leave(link)
}

/** Whether the coordinator hears it or not: the site has what it came for. */
async function leave(link: CoordinatorLink): Promise<void> {
  try {
    await link.ask({ kind: 'leave' })
  } catch (error) {
    if (!(error instanceof ConsiliumError)) throw error
  }
}

/** The bytes that were received are checked, not what was made of them. */
function assertSamePlan({ planJson, planSha256 }: Frames['joined'], expected: string): void {
  const got = sha256(planJson)
  if (got !== expected || planSha256 !== expected) throw new PlanMismatchError({ expected, got })
}

function reportResult(frame: Frame, report: AgentOptions['report']): void {
  if (frame.kind !== 'roundResult') return
  const { round, rounds, contributors, missing } = frame
  const meanLoss = roundLoss(frame.meanLoss)
  report({
    event: 'result',
    round,
    rounds,
    contributors: contributors.length,
    missing: missing.length,
    meanLoss,
  })
}

/**
 * Says why it waits, once for each reason. That the connection is gone is the link's to say, where there is one. Where there is
 * one, a coordinator answered at this address: what answers in its place (a proxy's login page) will pass.
 */
function patiently<T>(
  { report, site }: AgentOptions,
  attempt: () => Promise<T>,
  signal: AbortSignal,
  link?: CoordinatorLink,
): Promise<T> {
  let told = link === undefined ? undefined : 'COORDINATOR_OFFLINE'
  const onWait = ({ code, message }: ConsiliumError): void => {
    if (told !== code) report({ event: 'waiting', reason: message })
    told = code
  }
  return persist(() => explainFullDisk(attempt), {
    signal,
    jitter: createStream(0, 'back-off', site),
    isPassing: ({ code, retryable }) =>
      retryable || (link !== undefined && code === 'COORDINATOR_ANSWER'),
    onWait,
  })
}
