import { encodeModel } from '../onnx/encode-model.ts'
import { graphToDot } from '../print/graph-to-dot.ts'
import { graphToText } from '../print/graph-to-text.ts'
import type { Graph } from '../trace/graph.ts'
import { writeFiles, type FileTarget } from './write-files.ts'

/** Writes a graph for people to look at, each file whole or not at all: `name.onnx`, `name.txt`, `name.dot`. */
export async function dumpGraph(graph: Graph, target: FileTarget): Promise<void> {
  await writeFiles(target, {
    onnx: encodeModel(withOwnNames(graph)),
    txt: graphToText(graph),
    dot: graphToDot(graph),
  })
}

/** ONNX has one name space: carried state, which has the same name before and after, becomes `out:name` after. */
function withOwnNames(graph: Graph): Graph {
  const outputs = [...graph.outputs].map(
    ([name, value]) => [graph.inputs.has(name) ? `out:${name}` : name, value] as const,
  )
  return { ...graph, outputs: new Map(outputs) }
}
