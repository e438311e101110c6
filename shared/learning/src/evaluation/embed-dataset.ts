import { compile, type Program, type RuntimeName, type TensorFlow } from '@consilium/engine'
import type { ModelPlan } from '@consilium/study'
import { selectArrays, type NamedArrays } from '@consilium/weights'
import { imageOfDataset } from '../augmentation/image-of-dataset.ts'
import type { Dataset } from '../dataset.ts'
import { backbone } from '../models/backbone.ts'
import { featureSize } from '../parameters.ts'
import type { Features } from '../probes/features.ts'

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
  const program: Program = (inputs) => ({
    features: backbone(inputs['images'] as TensorFlow.Tensor4D, inputs, model),
  })
  const signature = { images: [BATCH, size, size, channels] }
  const executable = await compile(program, signature, { state: parameters, threads, runtime })
  const dimension = featureSize(model)
  const values = new Float32Array(dataset.labels.length * dimension)
  for (let start = 0; start < dataset.labels.length; start += BATCH) {
    const rows = Math.min(BATCH, dataset.labels.length - start)
    const { features } = await executable.run({ images: imagesOf(dataset, start, rows) })
    values.set(features!.subarray(0, rows * dimension), start * dimension)
  }
  await executable.dispose()
  return { dimension, values }
}

/** The last batch is filled up with zeros: a compiled program has one batch size. */
function imagesOf(dataset: Dataset, start: number, rows: number): Float32Array {
  const length = dataset.size * dataset.size * dataset.channels
  const images = new Float32Array(BATCH * length)
  for (let row = 0; row < rows; row += 1)
    images.set(imageOfDataset(dataset, start + row).data, row * length)
  return images
}
