import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { initialParameters } from '@consilium/learning/parameters'
import { createStream } from '@consilium/random'
import type { StudyPlan } from '@consilium/study'
import { encodeSafetensors, type NamedArrays } from '@consilium/weights'
import { writeDataset } from '../data/dataset-file.ts'
import type { TrainJob } from '../training/trainer.ts'

const IMAGES = 12

export interface JobChoice {
  readonly plan: StudyPlan
  /** Default: the plan's first weights. */
  readonly weights?: NamedArrays
  /** Of the images' noise. */
  readonly seed?: number
}

/** The first round of a site with 12 images of 8 x 8 pixels, which is never written down unless it is stopped. */
export async function newTrainJob(
  folder: string,
  { plan, weights = initialParameters(plan), seed = 1 }: JobChoice,
): Promise<TrainJob> {
  const datasetDir = path.join(folder, 'dataset')
  const stream = createStream(seed, 'noise')
  await writeDataset(datasetDir, {
    size: 8,
    channels: 1,
    pixels: Uint16Array.from({ length: IMAGES * 64 }, () => stream.integer(65536)),
    labels: new Int16Array(IMAGES).fill(-1),
    splits: new Uint8Array(IMAGES),
    classes: [],
  })
  const weightsFile = path.join(folder, 'start.safetensors')
  await writeFile(weightsFile, encodeSafetensors(weights))
  return {
    plan,
    site: 'oslo',
    round: 1,
    datasetDir,
    weightsFile,
    updatedFile: path.join(folder, 'updated.safetensors'),
    threads: 1,
    checkpoints: { folder: path.join(folder, 'checkpoint'), intervalMs: 1e9, maxShare: 1 },
  }
}
