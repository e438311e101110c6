/** What a program returned, checked: named float32 tensors of its own. */
import { InvalidOutputError, OutsideTensorError } from '../errors.ts'
import { tf } from '../tf.ts'
import type { Value } from './graph.ts'
import { valueOf } from './recording-backend.ts'

/** The recorded value of every output. Throws ENGINE_INVALID_OUTPUT, ENGINE_OUTSIDE_TENSOR. */
export function collectOutputs(result: unknown): ReadonlyMap<string, Value> {
  const came = describe(result)
  if (came !== 'an object') {
    throw new InvalidOutputError({
      output: "The program's result",
      came,
      expected: 'an object of named tensors: a program is a synchronous function',
    })
  }
  return new Map(
    Object.entries(result as object).map(([name, output]) => [name, valueOfOutput(name, output)]),
  )
}

function valueOfOutput(name: string, output: unknown): Value {
  const refuse = (came: string, expected: string): never => {
    throw new InvalidOutputError({ output: `Output '${name}'`, came, expected })
  }
  if (!(output instanceof tf.Tensor)) return refuse(describe(output), 'a float32 tensor')
  const value = valueOf(output)
  if (value === undefined) throw new OutsideTensorError(`Output '${name}'`)
  if (value.dtype !== 'float32') {
    return refuse(
      `a tensor of type ${value.dtype}`,
      "float32: convert it with tf.cast(x, 'float32')",
    )
  }
  return value
}

/** The recording is over before a promise settles; what it brings then concerns nobody. */
export function ignoreRejections(result: unknown): void {
  for (const x of [result, ...(Object.values(result ?? {}) as unknown[])]) {
    if (x instanceof Promise) x.catch(() => undefined)
  }
}

/** `a tensor`, `a promise`, `an array`, `null`, `a number`, `an object`, `an empty object`, ... */
function describe(x: unknown): string {
  if (x === null || x === undefined) return String(x)
  if (x instanceof tf.Tensor) return 'a tensor'
  if (x instanceof Promise) return 'a promise'
  if (Array.isArray(x)) return 'an array'
  if (typeof x !== 'object') return `a ${typeof x}`
  return Object.keys(x).length === 0 ? 'an empty object' : 'an object'
}
