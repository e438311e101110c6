import { compile, type Program, type RuntimeName, type TensorFlow } from '@consilium/engine'
import type { ModelPlan } from '@consilium/study'
import { selectArrays, type NamedArrays } from '@consilium/weights'
import type { Dataset } from '../dataset.ts'
import { backbone, prepareWeights } from '../models/backbone.ts'
import { featureSize } from '../parameters.ts'
import type { Features } from '../probes/features.ts'
import { imageBatch } from './image-batch.ts'

/** Images per forward pass. */
const BATCH = 64

interface EmbedOptions {
  readonly model: ModelPlan
  /** Only the tensors under `backbone/` are used. */
  readonly weights: NamedArrays
  readonly dataset: Dataset
  readonly threads?: number
  readonly runtime?: RuntimeName
}

/** The frozen backbone's features of every image of a dataset, without augmentation: [N, D] in the dataset's order. */
export async function embedDataset({
  model,
  weights,
  dataset,
  threads = 1,
  runtime = 'onnx',
}: EmbedOptions): Promise<Features> {
  const { size, channels } = dataset
  const parameters = selectArrays(weights, (name) => name.startsWith('backbone/'))
  const program: Program = ({ images, ...stored }) => ({
    features: backbone(images as TensorFlow.Tensor4D, prepareWeights(stored), model),
  })
  const signature = { images: [BATCH, size, size, channels] }
  const executable = await compile(program, signature, { state: parameters, threads, runtime })
  const dimension = featureSize(model)
  const indices = Uint32Array.from(dataset.labels.keys())
  const values = new Float32Array(indices.length * dimension)
  for (let start = 0; start < indices.length; start += BATCH) {
    const rows = indices.subarray(start, start + BATCH)
    const { features } = await executable.run({ images: imageBatch(dataset, rows, BATCH) })
    values.set(features!.subarray(0, rows.length * dimension), start * dimension)
  }
  await executable.dispose()
  return { dimension, values }
}
