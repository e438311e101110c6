/**
 * Do both sides compute the same thing? They start from the same weights and views, so their losses must agree: the
 * first shows the forward pass, the last one also gradients and optimiser.
 */
export const CHECKED_STEPS = 3

/** Relative. Rounding parts the losses by less than 1e-4, a trust ratio that is 10 % off by more than 5e-3. */
const LARGEST_DIFFERENCE = 1e-3

interface Comparison {
  readonly ours: number
  readonly pytorch: number
  /** Relative. */
  readonly difference: number
}

export interface SameComputation {
  readonly passed: boolean
  /** Loss of the first step. */
  readonly first: Comparison
  /** Loss of the third step. */
  readonly third: Comparison
}

/** The losses of the first steps of each side. */
export function compareLosses(
  ours: readonly number[],
  pytorch: readonly number[],
): SameComputation {
  const compare = (step: number): Comparison => {
    const [a, b] = [ours[step - 1]!, pytorch[step - 1]!]
    return { ours: a, pytorch: b, difference: Math.abs(a - b) / Math.abs(b) }
  }
  const [first, third] = [compare(1), compare(CHECKED_STEPS)]
  const passed = [first, third].every(({ difference }) => difference <= LARGEST_DIFFERENCE)
  return { passed, first, third }
}
