/** What a part of the plan does to learning: whole studies with real processes, alike but for it, and probes at every site. */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  differenceOfReplicates,
  meanOfReplicates,
  percentileInterval,
  type Interval,
  type SiteEvaluation,
} from '@consilium/learning'
import { parsePlan, type StudyPlan } from '@consilium/study'
import { createDemoPlan, fullScale } from '../../demo/demo-plan.ts'
import { evaluateSites } from '../../demo/evaluate-sites.ts'
import { hospitals } from '../../demo/hospitals/hospital.ts'
import type { Processes } from '../../demo/processes.ts'
import { runStudy } from '../../demo/run-study.ts'
import type { SiteSource } from '../../demo/site-sources.ts'

export interface LearningResult {
  /** Of all updates, as the coordinator counted them: HTTP bodies. */
  readonly bytesPerParameterUp: number
  /** Macro AUC of a linear probe on all labels, mean over the sites' held-out images. */
  readonly probeAuc: number
  /** Mean over the sites. */
  readonly knnAccuracy: number
  /** Of the AUC to the reference's; the interval holds 95 % of a paired bootstrap over the held-out images. */
  readonly difference?: { readonly auc: number; readonly interval: Interval }
  /** Of the untrained network. */
  readonly untrainedAuc: number
}

export interface LearningSetUp {
  readonly processes: Processes
  readonly folder: string
  readonly sites: readonly SiteSource[]
  readonly rounds: number
  /** Default: the demonstration's. */
  readonly localEpochs?: number
  readonly seed: number
}

export interface Learned {
  readonly result: LearningResult
  readonly replicates: Float64Array
}

/** `reference`: what was learnt without the change, or with another one. */
export async function measureLearning(
  change: Partial<StudyPlan>,
  setUp: LearningSetUp,
  reference?: Learned,
): Promise<Learned> {
  const { processes, folder, sites } = setUp
  const planFile = await writePlan(change, setUp)
  const { view } = await runStudy({
    ...{ processes, planFile, sites, stateFolder: folder, threads: 1 },
    onDashboard: () => undefined,
    onSite: () => undefined,
  })
  const evaluations = await evaluateSites({
    ...{ processes, sites, holdout: undefined, stateFolder: folder },
    ...{ alone: false, fineTuneSteps: 1, onSite: () => undefined },
  })
  return summary(evaluations.sites, view.wire.bytesPerParameterUp!, reference)
}

async function writePlan(
  change: Partial<StudyPlan>,
  { folder, rounds, localEpochs = fullScale.study.localEpochs, seed }: LearningSetUp,
): Promise<string> {
  const plan = createDemoPlan({ ...fullScale.study, rounds, localEpochs, seed }, hospitals.length)
  await mkdir(folder, { recursive: true })
  const file = path.join(folder, 'plan.json')
  await writeFile(file, JSON.stringify(parsePlan({ ...plan, ...change })))
  return file
}

const ALL_LABELS = '1'

function summary(
  sites: readonly SiteEvaluation[],
  bytesPerParameterUp: number,
  reference: Learned | undefined,
): Learned {
  const probes = sites.map(({ probe }) => probe[ALL_LABELS]!)
  const probeAuc = mean(probes.map(({ federated }) => federated!.auc))
  const replicates = meanOfReplicates(probes.map(({ federated }) => federated!.replicates))
  const result = {
    bytesPerParameterUp,
    probeAuc,
    knnAccuracy: mean(sites.map(({ knnAccuracy }) => knnAccuracy.federated!)),
    untrainedAuc: mean(probes.map(({ untrained }) => untrained!.auc)),
  }
  if (reference === undefined) return { result, replicates }
  const difference = {
    auc: probeAuc - reference.result.probeAuc,
    interval: percentileInterval(differenceOfReplicates(replicates, reference.replicates)),
  }
  return { result: { ...result, difference }, replicates }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
