/**
 * REMEDIS's question at one site: what is the federated backbone worth here, against the same network untrained and
 * against what the site could have trained alone? Everything is measured on held-out images of this site only.
 */
import type { StudyPlan } from '@consilium/study'
import type { NamedArrays } from '@consilium/weights'
import { augmentationPresets } from '../augmentation/presets.ts'
import { indicesOf, type Dataset } from '../dataset.ts'
import { initialParameters } from '../parameters.ts'
import { selectRows, type Features } from '../probes/features.ts'
import { knn } from '../probes/knn.ts'
import { labelFractions, labelSubset } from '../probes/label-fractions.ts'
import { accuracy } from '../statistics/accuracy.ts'
import { macroAuc } from '../statistics/macro-auc.ts'
import { embedDataset } from './embed-dataset.ts'
import { fineTune } from './fine-tune.ts'
import { probeCurves, type ProbeCurves } from './probe-curves.ts'
import { trainAlone } from './train-alone.ts'

export type Backbone = 'untrained' | 'local' | 'federated'

export interface FineTuneResult {
  readonly scratch: number
  readonly federated: number
}

export interface SiteEvaluation {
  readonly name: string
  /** Training images. */
  readonly images: number
  readonly heldOut: number
  readonly classes: readonly string[]
  /** AUC by label fraction and backbone; `local` is missing where the site did not train alone. */
  readonly probe: ProbeCurves<Backbone>
  readonly knnAccuracy: Readonly<Partial<Record<Backbone, number>>>
  /** AUC by label fraction. */
  readonly fineTune: Readonly<Record<string, FineTuneResult>>
}

export interface EvaluationProgress {
  readonly phase: 'local' | 'embed' | 'probe' | 'fine-tune'
  readonly done: number
  readonly total: number
}

interface EvaluateOptions {
  readonly plan: StudyPlan
  readonly site: string
  readonly dataset: Dataset
  /** The released backbone. */
  readonly federated: NamedArrays
  /** Whether to train the local baseline; it costs as much as the study did. */
  readonly alone: boolean
  readonly fineTuneSteps: number
  readonly threads?: number
  readonly onProgress: (progress: EvaluationProgress) => Promise<void>
}

export async function evaluateSite(options: EvaluateOptions): Promise<SiteEvaluation> {
  const { plan, site, dataset, onProgress } = options
  const features = await featuresOfBackbones(options)
  await onProgress({ phase: 'probe', done: 0, total: 1 })
  const probe = probeCurves({ dataset, features, seed: plan.seed, site })
  await onProgress({ phase: 'probe', done: 1, total: 1 })
  return {
    name: site,
    images: indicesOf(dataset, 'train').length,
    heldOut: indicesOf(dataset, 'test').length,
    classes: dataset.classes,
    probe,
    knnAccuracy: knnAccuracies(dataset, features),
    fineTune: await fineTuneCurve(options),
  }
}

type SomeFeatures = Readonly<Partial<Record<Backbone, Features>>>

async function featuresOfBackbones(options: EvaluateOptions): Promise<SomeFeatures> {
  const { plan, dataset, federated, alone, threads = 1, onProgress } = options
  const backbones: Partial<Record<Backbone, NamedArrays>> = { untrained: initialParameters(plan) }
  if (alone) {
    backbones.local = await trainAlone({
      ...options,
      onStep: (done, total) => onProgress({ phase: 'local', done, total }),
    })
  }
  backbones.federated = federated
  const features: Partial<Record<Backbone, Features>> = {}
  const entries = Object.entries(backbones) as [Backbone, NamedArrays][]
  for (const [i, [name, weights]] of entries.entries()) {
    features[name] = await embedDataset({ model: plan.model, weights, dataset, threads })
    await onProgress({ phase: 'embed', done: i + 1, total: entries.length })
  }
  return features
}

function knnAccuracies(
  dataset: Dataset,
  features: SomeFeatures,
): Partial<Record<Backbone, number>> {
  const bankRows = indicesOf(dataset, 'train', { labelled: true })
  const testRows = indicesOf(dataset, 'test', { labelled: true })
  const labelsOf = (rows: Uint32Array): number[] => Array.from(rows, (i) => dataset.labels[i]!)
  return Object.fromEntries(
    Object.entries(features).map(([name, all]) => {
      const votes = knn({
        bank: selectRows(all, bankRows),
        bankLabels: labelsOf(bankRows),
        test: selectRows(all, testRows),
        classes: dataset.classes.length,
      })
      return [name, accuracy(votes, labelsOf(testRows))]
    }),
  )
}

async function fineTuneCurve(options: EvaluateOptions): Promise<Record<string, FineTuneResult>> {
  const { plan, site, dataset, federated, fineTuneSteps, threads = 1, onProgress } = options
  const candidates = indicesOf(dataset, 'train', { labelled: true })
  const heldOut = indicesOf(dataset, 'test', { labelled: true })
  const labels = heldOut.map((i) => dataset.labels[i]!)
  const total = labelFractions.length * 2 * fineTuneSteps
  let done = 0
  const onStep = (): Promise<void> => onProgress({ phase: 'fine-tune', done: (done += 1), total })
  const aucFrom = async (weights: NamedArrays, fraction: number): Promise<number> => {
    const scores = await fineTune({
      model: plan.model,
      weights,
      dataset,
      labelled: labelSubset({
        labels: dataset.labels,
        candidates,
        fraction,
        seed: plan.seed,
        site,
        draw: 0,
      }),
      augmentation: augmentationPresets[plan.data.preset],
      steps: fineTuneSteps,
      seed: plan.seed,
      path: [site, 'fine-tune', fraction],
      threads,
      onStep,
    })
    return macroAuc(scores, labels)
  }
  const curve: Record<string, FineTuneResult> = {}
  for (const fraction of labelFractions) {
    curve[String(fraction)] = {
      scratch: await aucFrom(initialParameters(plan), fraction),
      federated: await aucFrom(federated, fraction),
    }
  }
  return curve
}
