/** The three pieces of the shards' program, loaded on every lane. */
import { sizeOf } from '@consilium/weights'
import type { ModelCache } from '../cache/model-cache.ts'
import { cutModel, narrowPiece, type Piece, type Pieces } from '../onnx/cut-model.ts'
import { encodePiece, type Shapes } from '../onnx/encode-piece.ts'
import type { ProviderName } from '../runtimes/execution-provider.ts'
import { balancedGroups } from './balanced-groups.ts'
import type { DumpModel } from './dump-model.ts'
import type { Lane } from './lanes/lane.ts'
import type { SharedMap, SharedTensor } from './lanes/lane-messages.ts'
import { loadModel, type LoadedModel } from './load-model.ts'
import type { LoweredShards } from './lower-shards.ts'
import type { Shards } from './plan-shards.ts'
import { allocateTensor } from './shared-block.ts'
import type { StepArrays } from './step-arrays.ts'
import { COTANGENT, FEATURES } from './step-programs.ts'
import type { TrainingStep } from './training-step.ts'
import { SAMPLES } from './whole-step.ts'

export interface ShardOptions {
  readonly step: TrainingStep
  /** Those of the encoder. */
  readonly weights: readonly string[]
  /** [N, ...] */
  readonly samples: readonly number[]
  readonly shards: Shards
  readonly lanes: readonly Lane[]
  readonly activationMemory: number
  /** Folder that keeps the lowerings chosen. */
  readonly cache: string
  readonly models: ModelCache
  readonly arrays: StepArrays
  readonly profile: string | undefined
  readonly provider: ProviderName
  readonly dump: DumpModel
}

export interface LoadedPieces {
  readonly recompute: boolean
  /** Digest of the lowerings chosen. */
  readonly lowerings: string
  /** ONNX names of the program's outputs. */
  readonly outputs: ReadonlyMap<string, string>
  /** What depends on the weights alone, shared by all lanes. */
  readonly hoisted: SharedMap
  /** A binding per lane that computes a share of it; undefined where there is none. */
  readonly hoists: readonly (number | undefined)[]
  readonly forward: readonly LoadedModel[]
  readonly backward: readonly LoadedModel[]
  /** Shapes of what the forward pass leaves for the backward one, per micro-batch. */
  readonly carried: Shapes
}

export async function loadPieces(
  options: ShardOptions,
  { signature, lowered, chosen }: LoweredShards,
): Promise<LoadedPieces> {
  const { activationMemory, shards } = options
  const known = new Map<string, readonly number[]>(Object.entries(signature))
  const cut = (recompute: boolean): Pieces =>
    cutModel(lowered, {
      samples: SAMPLES,
      cotangent: COTANGENT,
      features: FEATURES,
      recompute,
    })
  const features = lowered.outputs.get(FEATURES)!

  const pieces = cut(false)
  const hoisting = await loadHoists(options, pieces.weights, known)
  for (const [name, { dims }] of hoisting.hoisted) known.set(name, dims)
  const forward = await loadOnLanes(options, pieces.forward, { known, tag: 'forward' })
  const carried = new Map(
    [...forward[0]!.shapes].filter(
      ([name]) => name !== features && pieces.backward.inputs.includes(name),
    ),
  )
  const loaded = { lowerings: chosen.digest, outputs: lowered.outputs, ...hoisting }
  if (bytesOf(carried) * shards.count > activationMemory) {
    const twice = cut(true)
    const encode = { ...twice.forward, outputs: [features] }
    return {
      ...loaded,
      recompute: true,
      forward: await loadOnLanes(options, encode, { known, tag: 'encode' }),
      backward: await loadOnLanes(options, twice.backward, { known, tag: 'recompute' }),
      carried: new Map(),
    }
  }
  for (const [name, dims] of forward[0]!.shapes) known.set(name, dims)
  const backward = await loadOnLanes(options, pieces.backward, { known, tag: 'backward' })
  return { ...loaded, recompute: false, forward, backward, carried }
}

async function loadOnLanes(
  { lanes, profile, dump, models }: ShardOptions,
  piece: Piece,
  { known, tag }: { known: Shapes; tag: string },
): Promise<LoadedModel[]> {
  const bytes = encodePiece(piece, known)
  await dump(tag, { bytes })
  // Lanes do the same: one profile says it all.
  const profileOf = (lane: number): string | undefined =>
    profile === undefined || lane > 0 ? undefined : `${profile}-${tag}`
  return Promise.all(
    lanes.map((lane, i) =>
      loadModel(lane, { bytes, inputs: piece.inputs, profile: profileOf(i), models }),
    ),
  )
}

async function loadHoists(
  { lanes, arrays, dump, models }: ShardOptions,
  piece: Piece,
  known: Shapes,
): Promise<Pick<LoadedPieces, 'hoisted' | 'hoists'>> {
  const groups = balancedGroups(hoistSizes(piece, known), lanes.length)
  const hoisted = new Map<string, SharedTensor>()
  const hoists = await Promise.all(
    lanes.map(async (lane, i) => {
      const outputs = groups[i]!
      if (outputs.length === 0) return undefined
      const share = narrowPiece(piece, outputs)
      const bytes = encodePiece(share, known)
      await dump(`weights-${i}`, { bytes })
      const { shapes, bind } = await loadModel(lane, { bytes, inputs: share.inputs, models })
      for (const [name, dims] of shapes) hoisted.set(name, allocateTensor(dims))
      return bind(arrays.prepared, hoisted)
    }),
  )
  return { hoisted, hoists }
}

/** A hoisted value is about as large as the weights it is made from. */
const hoistSizes = (piece: Piece, known: Shapes): Shapes =>
  new Map(
    piece.outputs.map((output) => {
      const { inputs } = narrowPiece(piece, [output])
      return [output, [inputs.reduce((sum, name) => sum + sizeOf(known.get(name)!), 0)]]
    }),
  )

const bytesOf = (shapes: Shapes): number =>
  [...shapes.values()].reduce((sum, dims) => sum + Float32Array.BYTES_PER_ELEMENT * sizeOf(dims), 0)
