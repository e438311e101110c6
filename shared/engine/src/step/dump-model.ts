import { writeFiles } from '../export/write-files.ts'
import { graphToDot } from '../print/graph-to-dot.ts'
import { graphToText } from '../print/graph-to-text.ts'
import type { Graph } from '../trace/graph.ts'

interface Dumped {
  /** A model as it is loaded. */
  readonly bytes?: Uint8Array
  /** What models are made from. */
  readonly graph?: Graph
}

/** Writes parts of a step for people to look at: models as `name.onnx`, graphs as `name.txt` and `name.dot`. */
export type DumpModel = (name: string, dumped: Dumped) => Promise<void>

/** Into `folder`, or nowhere. */
export const dumpInto =
  (folder: string | undefined): DumpModel =>
  async (name, { bytes, graph }) => {
    if (folder === undefined) return
    await writeFiles(
      { folder, name },
      {
        ...(bytes !== undefined && { onnx: bytes }),
        ...(graph !== undefined && { txt: graphToText(graph), dot: graphToDot(graph) }),
      },
    )
  }
