import { removeDeadNodes } from '../passes/remove-dead-nodes.ts'
import { removeIdentities } from '../passes/remove-identities.ts'
import { graphToText } from '../print/graph-to-text.ts'
import type { Program, Signature } from '../program.ts'
import type { Graph } from '../trace/graph.ts'
import { traceProgram } from '../trace/trace-program.ts'

/** What a pass leaves of a program, line by line, without the copies tfjs makes and what no output needs any more. */
export const linesAfter =
  (pass: (graph: Graph) => Graph) =>
  (program: Program, signature: Signature): string[] =>
    graphToText(removeDeadNodes(pass(removeIdentities(traceProgram(program, signature)))))
      .trimEnd()
      .split('\n')
