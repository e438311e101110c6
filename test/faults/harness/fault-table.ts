/** The cases as a table for a terminal or a document: a line per fault and outcome. Pure. */
import { isGood, type FaultCase } from './fault-case.ts'
import type { Fault } from './fault.ts'

export function faultTable(
  cases: readonly FaultCase[],
  faults: readonly Pick<Fault, 'name' | 'title'>[],
): readonly string[] {
  const rows = faults.flatMap(({ name, title }) => {
    const own = cases.filter(({ fault }) => fault === name)
    const outcomes = [...new Set(own.map(({ outcome }) => outcome))]
    return outcomes.map((outcome) => [title, outcomeCell(own, outcome)])
  })
  const bad = cases.filter((one) => !isGood(one))
  return [
    ...markdown([['fault', 'outcome'], ...rows]),
    '',
    `${cases.length} cases, ${cases.length - bad.length} as they must be, ${bad.length} not.`,
    ...bad.map(({ fault, where, outcome }) => `${fault}, ${where}: ${outcome}`),
  ]
}

function outcomeCell(own: readonly FaultCase[], outcome: string): string {
  const same = own.filter((one) => one.outcome === outcome)
  return `${outcome} (${same.length} of ${own.length})`
}

function markdown([head, ...rows]: readonly (readonly string[])[]): readonly string[] {
  const all = [head!, ...rows]
  const widths = head!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(head!), rule, ...rows.map(line)]
}
