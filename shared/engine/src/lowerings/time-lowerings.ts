/** Which of several lowerings of one node is the quickest on this machine, found by running each. */
import { createRequire } from 'node:module'
import { sizeOf } from '@consilium/weights'
import type * as OnnxRuntime from 'onnxruntime-node'
import { cutModel, type Piece } from '../onnx/cut-model.ts'
import { directOutputs } from '../onnx/direct-outputs.ts'
import { encodePiece, type Shapes } from '../onnx/encode-piece.ts'
import { lowerGraph } from '../onnx/lower-graph.ts'
import { runInPlace } from '../runtimes/run-in-place.ts'
import type { ProviderName } from '../runtimes/execution-provider.ts'
import { sessionOptions } from '../runtimes/session-options.ts'
import type { Node } from '../trace/graph.ts'

const WARM_UP = 2
const RUNS = 5

interface Setting {
  readonly provider: ProviderName
  /** Channels in a block of the blocked kernels. */
  readonly blockSize: number
  /** How often a step runs the node for each time its weights change. */
  readonly runsPerStep: number
}

/** Milliseconds per step of each lowering of a convolution node, weights rearranged once and the rest run per micro-batch. */
export async function timeLowerings(
  node: Node,
  lowerings: readonly string[],
  { provider, blockSize, runsPerStep }: Setting,
): Promise<Record<string, number>> {
  const times: Record<string, number> = {}
  for (const lowering of lowerings) {
    const { weights, forward, shapes } = piecesOf(node, lowering, blockSize)
    const rearranged = await timePiece(weights, { shapes, provider })
    const run = await timePiece(forward, {
      shapes: new Map([...shapes, ...rearranged.outputs]),
      provider,
    })
    times[lowering] = rearranged.milliseconds + runsPerStep * run.milliseconds
  }
  return times
}

/** The node alone, with a filter among its inputs as the weights. */
function piecesOf(
  node: Node,
  lowering: string,
  blockSize: number,
): { weights: Piece; forward: Piece; shapes: Shapes } {
  const inputs = new Map(node.inputs.map((value, i) => [`in${i}`, value]))
  const graph = {
    inputs,
    outputs: new Map([['out', node.output]]),
    constants: new Map(),
    nodes: [node],
  }
  const lowered = directOutputs(lowerGraph(graph, { blockSize, choose: () => lowering }))
  const { weights, forward } = cutModel(lowered, {
    samples: 'in0',
    cotangent: '',
    features: 'out',
    recompute: false,
  })
  return {
    weights,
    forward,
    shapes: new Map([...inputs].map(([name, { shape }]) => [name, shape])),
  }
}

async function timePiece(
  piece: Piece,
  { shapes, provider }: { shapes: Shapes; provider: ProviderName },
): Promise<{ milliseconds: number; outputs: Shapes }> {
  if (piece.outputs.length === 0) return { milliseconds: 0, outputs: new Map() }
  const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime
  const session = await ort.InferenceSession.create(
    encodePiece(piece, shapes),
    sessionOptions({ threads: 1, provider }),
  )
  const tensor = (dims: readonly number[]): OnnxRuntime.Tensor =>
    new ort.Tensor('float32', new Float32Array(sizeOf(dims)).fill(1), [...dims])
  const outputs = new Map(
    session.outputMetadata.flatMap((output) =>
      output.isTensor ? [[output.name, output.shape as number[]] as const] : [],
    ),
  )
  const feeds = Object.fromEntries(piece.inputs.map((name) => [name, tensor(shapes.get(name)!)]))
  const fetches = Object.fromEntries([...outputs].map(([name, dims]) => [name, tensor(dims)]))
  let milliseconds = Infinity
  for (let run = 0; run < WARM_UP + RUNS; run += 1) {
    const begin = performance.now()
    await runInPlace(session, feeds, fetches)
    if (run >= WARM_UP) milliseconds = Math.min(milliseconds, performance.now() - begin)
  }
  await session.release()
  return { milliseconds, outputs }
}
