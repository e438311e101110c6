import type { AggregationPlan } from '@consilium/study'
import type { AttackTable } from './attack-table.ts'

/** As a table of Markdown, in percent. */
export function attackLines({ sites, hostile, rounds, seeds, alpha, rows }: AttackTable): string[] {
  const names = Object.keys(rows[0]!.accuracy)
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    `${sites} sites, ${hostile} of them hostile, alpha ${alpha}: accuracy in % after ${rounds} rounds, mean of ${seeds} federations`,
    '',
    line(['rule', ...names]),
    line(['---', ...names.map(() => '---:')]),
    ...rows.map(({ plan, accuracy }) =>
      line([labelOf(plan), ...names.map((name) => (100 * accuracy[name]!).toFixed(0))]),
    ),
  ]
}

function labelOf(plan: AggregationPlan): string {
  const weighting = 'weighting' in plan ? ` by ${plan.weighting}` : ''
  const bounded = plan.maxNorm === undefined ? '' : `, maxNorm ${plan.maxNorm}`
  return `${plan.rule}${weighting}${bounded}`
}
