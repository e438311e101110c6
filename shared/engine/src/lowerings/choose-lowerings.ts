/** Chooses a lowering for every node of a graph that has several: from what is known on this machine, else by timing. */
import { createHash } from 'node:crypto'
import type { LoweringOptions } from '../onnx/graph-writer.ts'
import { lowerGraph } from '../onnx/lower-graph.ts'
import type { ProviderName } from '../runtimes/execution-provider.ts'
import type { Graph, Node } from '../trace/graph.ts'
import { recallChoice, rememberChoice } from './choice-cache.ts'
import { timeLowerings } from './time-lowerings.ts'

export interface ChoiceSetting {
  readonly provider: ProviderName
  readonly blockSize: number
  /** How often a step runs the graph for each time its weights change. */
  readonly runsPerStep: number
  /** Folder that keeps choices. */
  readonly cache: string
}

export interface ChosenLowerings {
  readonly options: LoweringOptions
  /** Names one set of choices: the same digest, the same operators. */
  readonly digest: string
}

/** The options that lower this graph with the quickest lowerings. */
export async function chooseLowerings(
  graph: Graph,
  setting: ChoiceSetting,
): Promise<ChosenLowerings> {
  const chosen = new Map<string, string>()
  const open = [...openChoices(graph, setting)].map(([key, choice]) => ({ key, ...choice }))
  const known = await Promise.all(open.map((question) => recallChoice(setting.cache, question)))
  for (const [i, question] of open.entries()) {
    // One after the other: they are timed.
    chosen.set(question.key, known[i] ?? (await measure(question, setting)))
  }
  const { blockSize } = setting
  return {
    options: { blockSize, choose: (node, [first]) => chosen.get(keyOf(node, setting)) ?? first! },
    digest: createHash('sha256')
      .update(JSON.stringify([...chosen].sort(([a], [b]) => (a < b ? -1 : 1))))
      .digest('hex'),
  }
}

interface OpenChoice {
  readonly node: Node
  readonly lowerings: readonly string[]
}

/** What lowering asks for, one entry for all nodes of the same kernel and shapes. */
function openChoices(graph: Graph, setting: ChoiceSetting): ReadonlyMap<string, OpenChoice> {
  const choices = new Map<string, OpenChoice>()
  lowerGraph(graph, {
    blockSize: setting.blockSize,
    choose(node, lowerings) {
      choices.set(keyOf(node, setting), { node, lowerings })
      return lowerings[0]!
    },
  })
  return choices
}

const keyOf = (
  { kernel, inputs, attributes, output }: Node,
  { blockSize, provider, runsPerStep }: ChoiceSetting,
): string => {
  const shapes = [...inputs, output].map(({ shape }) => shape)
  return JSON.stringify({ kernel, shapes, attributes, provider, blockSize, runsPerStep })
}

async function measure(
  { key, node, lowerings }: OpenChoice & { key: string },
  { cache, ...setting }: ChoiceSetting,
): Promise<string> {
  const times = await timeLowerings(node, lowerings, setting)
  const quickest = lowerings.reduce((a, b) => (times[b]! < times[a]! ? b : a))
  return rememberChoice(cache, { key, lowerings }, { lowering: quickest, times })
}
