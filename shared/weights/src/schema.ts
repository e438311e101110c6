import { WeightsMismatchError } from './errors.ts'
import type { Schema } from './named-arrays.ts'

/** Refuses `arrays` unless it has exactly the tensors of `model`, shape by shape. `what` names it in the error. */
export function assertSameSchema(arrays: Schema, model: Schema, what: string): void {
  const missing = [...model.keys()].filter((name) => !arrays.has(name))
  const extra = [...arrays.keys()].filter((name) => !model.has(name))
  const misshapen = [...model].flatMap(([name, { shape }]) => {
    const came = arrays.get(name)?.shape
    return came === undefined || came.join() === shape.join()
      ? []
      : [`${name} is [${came.join(', ')}], expected [${shape.join(', ')}]`]
  })
  const problems = [
    list('missing', missing),
    list('unknown', extra),
    list('misshapen', misshapen),
  ].filter(Boolean)
  if (problems.length > 0) throw new WeightsMismatchError({ what, problem: problems.join('; ') })
}

function list(label: string, names: readonly string[]): string {
  if (names.length === 0) return ''
  const shown = names.slice(0, 3).join(', ')
  return `${label}: ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`
}
