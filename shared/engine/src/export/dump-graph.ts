import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { encodeModel } from '../onnx/encode-model.ts'
import { graphToDot } from '../print/graph-to-dot.ts'
import { graphToText } from '../print/graph-to-text.ts'
import type { Graph } from '../trace/graph.ts'

interface DumpOptions {
  /** Made if it is not there. */
  readonly folder: string
  /** Of the files, without an ending. */
  readonly name: string
}

/** Writes a graph for people to look at, each file whole or not at all: `name.onnx`, `name.txt`, `name.dot`. */
export async function dumpGraph(graph: Graph, { folder, name }: DumpOptions): Promise<void> {
  const files = {
    onnx: encodeModel(withOwnNames(graph)),
    txt: graphToText(graph),
    dot: graphToDot(graph),
  }
  await mkdir(folder, { recursive: true })
  for (const [ending, content] of Object.entries(files)) {
    const file = path.join(folder, `${name}.${ending}`)
    await writeFile(`${file}.tmp`, content)
    await rename(`${file}.tmp`, file)
  }
}

/** ONNX has one name space: carried state, which has the same name before and after, becomes `out:name` after. */
function withOwnNames(graph: Graph): Graph {
  const outputs = [...graph.outputs].map(
    ([name, value]) => [graph.inputs.has(name) ? `out:${name}` : name, value] as const,
  )
  return { ...graph, outputs: new Map(outputs) }
}
