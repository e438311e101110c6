/**
 * Minimises a smooth convex function by L-BFGS: the two-loop recursion (Nocedal & Wright 2006, algorithm 7.4) with
 * Armijo backtracking. For a convex function every accepted step has s.y >= 0; pairs where it is numerically zero are
 * dropped, so no Wolfe search is needed. Deterministic.
 */
import { dot } from './dot.ts'

export interface Evaluation {
  readonly value: number
  readonly gradient: Float64Array
}

export interface LbfgsOptions {
  readonly evaluate: (x: Float64Array) => Evaluation
  readonly start: Float64Array
  /** Converged when no entry of the gradient is larger than this. */
  readonly gradientTolerance: number
  readonly maxIterations?: number
}

export interface Minimum extends Evaluation {
  readonly x: Float64Array
  readonly iterations: number
  /** False when the iterations ran out, or when rounding leaves no lower point along the search direction. */
  readonly converged: boolean
}

/** Pairs of steps and gradient changes kept to approximate the Hessian. */
const MEMORY = 10
const SUFFICIENT_DECREASE = 1e-4
const SMALLEST_STEP = 1e-12

interface Pair {
  readonly step: Float64Array
  readonly change: Float64Array
  /** 1 / (step . change) */
  readonly rho: number
}

export function lbfgs({
  evaluate,
  start,
  gradientTolerance,
  maxIterations = 500,
}: LbfgsOptions): Minimum {
  const pairs: Pair[] = []
  let x = start
  let at = evaluate(x)
  for (let iterations = 0; ; iterations += 1) {
    const converged = largest(at.gradient) <= gradientTolerance
    if (converged || iterations === maxIterations) return { x, ...at, iterations, converged }
    const direction = directionFrom(at.gradient, pairs)
    const next = descend(evaluate, { x, at, direction, first: pairs.length === 0 })
    if (next === undefined) {
      if (pairs.length === 0) return { x, ...at, iterations, converged: false }
      pairs.length = 0 // the remembered curvature misleads here: start again from the gradient
      continue
    }
    remember(pairs, subtract(next.x, x), subtract(next.at.gradient, at.gradient))
    x = next.x
    at = next.at
  }
}

/** -H g, where H is the inverse Hessian that the remembered pairs imply. */
function directionFrom(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const q = gradient.map((g) => -g)
  const alphas = pairs.map(() => 0)
  for (let i = pairs.length - 1; i >= 0; i -= 1) {
    const { step, change, rho } = pairs[i]!
    alphas[i] = rho * dot(step, q)
    addScaled(q, change, -alphas[i]!)
  }
  const last = pairs.at(-1)
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.change, last.change))
    for (let d = 0; d < q.length; d += 1) q[d]! *= scale
  }
  pairs.forEach(({ step, change, rho }, i) => {
    addScaled(q, step, alphas[i]! - rho * dot(change, q))
  })
  return q
}

interface Search {
  readonly x: Float64Array
  readonly at: Evaluation
  readonly direction: Float64Array
  /** Without curvature yet, the first trial moves by a unit length at most. */
  readonly first: boolean
}

function descend(
  evaluate: LbfgsOptions['evaluate'],
  { x, at, direction, first }: Search,
): { x: Float64Array; at: Evaluation } | undefined {
  const slope = dot(direction, at.gradient)
  let length = first ? Math.min(1, 1 / Math.sqrt(dot(direction, direction))) : 1
  for (; length >= SMALLEST_STEP; length /= 2) {
    const trial = Float64Array.from(x)
    addScaled(trial, direction, length)
    const there = evaluate(trial)
    if (there.value <= at.value + SUFFICIENT_DECREASE * length * slope)
      return { x: trial, at: there }
  }
  return undefined
}

function remember(pairs: Pair[], step: Float64Array, change: Float64Array): void {
  const curvature = dot(step, change)
  if (curvature <= 1e-12 * dot(change, change)) return
  pairs.push({ step, change, rho: 1 / curvature })
  if (pairs.length > MEMORY) pairs.shift()
}

function addScaled(target: Float64Array, source: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i += 1) target[i]! += scale * source[i]!
}

const subtract = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x - b[i]!)

const largest = (values: Float64Array): number =>
  values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
