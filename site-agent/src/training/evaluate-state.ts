/** What a site does with a released backbone: measure it on its own held-out images and fine-tune it on its own labels. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { EvaluationProgress, SiteEvaluation } from '@consilium/learning'
import { parsePlan, type StudyPlan } from '@consilium/study'
import { sha256 } from '@consilium/weights'
import { z } from 'zod'
import type { LoadProgress } from '../data/loaded-data.ts'
import type { DataSource } from '../data/parse-data-source.ts'
import { prepareData } from '../data/prepare-data.ts'
import { NoReleaseError, ReleaseDigestError } from '../errors.ts'
import { parseJson } from '../parse-json.ts'
import { readIfThere } from '../state/read-if-there.ts'
import { replaceFile } from '../state/replace-file.ts'
import { openStateFolder, type StateFolder } from '../state/state-folder.ts'
import type { Trainer } from './trainer.ts'

const siteSchema = z.object({ site: z.string() })
const releaseSchema = z.object({ sha256: z.string() })

export interface EvaluateStateOptions {
  readonly stateFolder: string
  /** The labelled images to evaluate on. */
  readonly source: DataSource
  /** State folder of the site that took part, when it is another one: evaluates its backbone at an unseen site. */
  readonly releaseFolder: string
  readonly site: string | undefined
  readonly alone: boolean
  readonly fineTuneSteps: number
  readonly threads: number
  readonly trainer: Pick<Trainer, 'evaluate' | 'close'>
  readonly onReading: (progress: LoadProgress) => void
  readonly onProgress: (progress: EvaluationProgress) => void
  readonly signal: AbortSignal
}

/** Writes `evaluation.json` into the state folder and returns what is in it. Throws AGENT_NO_RELEASE, DATA_NO_LABELS, DATA_ONE_CLASS. */
export async function evaluateState(options: EvaluateStateOptions): Promise<SiteEvaluation> {
  const state = await openStateFolder(options.stateFolder)
  try {
    const evaluation = await evaluate(options, state)
    await replaceFile(path.join(options.stateFolder, 'evaluation.json'), JSON.stringify(evaluation))
    return evaluation
  } finally {
    await options.trainer.close()
    await state.close()
  }
}

async function evaluate(
  options: EvaluateStateOptions,
  { paths }: StateFolder,
): Promise<SiteEvaluation> {
  const { releaseFolder, source, alone, fineTuneSteps, threads, signal } = options
  const release = await readRelease(releaseFolder)
  const { plan } = release
  await prepareData(source, {
    folder: paths.dataset,
    shape: { size: plan.data.size, channels: plan.model.channels },
    labelsRequired: true,
    onProgress: options.onReading,
    signal,
  })
  const job = {
    plan,
    site: options.site ?? release.site,
    datasetDir: paths.dataset,
    backboneFile: release.backboneFile,
    alone,
    fineTuneSteps,
    threads,
  }
  return options.trainer.evaluate(job, options.onProgress, signal)
}

interface Release {
  readonly plan: StudyPlan
  readonly site: string
  readonly backboneFile: string
}

/** The backbone is checked against its manifest again: files on a disk change. */
async function readRelease(folder: string): Promise<Release> {
  const file = (name: string): string => path.join(folder, name)
  const [site, plan, manifest] = await Promise.all(
    ['site.json', 'plan.json', 'release.json'].map((name) => readIfThere(file(name))),
  )
  if (site === undefined || plan === undefined || manifest === undefined)
    throw new NoReleaseError(folder)
  const backboneFile = file('backbone.safetensors')
  const expected = releaseSchema.parse(parseJson(manifest)).sha256
  const got = sha256(await readFile(backboneFile))
  if (got !== expected) throw new ReleaseDigestError({ expected, got })
  return {
    plan: parsePlan(parseJson(plan)),
    site: siteSchema.parse(parseJson(site)).site,
    backboneFile,
  }
}
