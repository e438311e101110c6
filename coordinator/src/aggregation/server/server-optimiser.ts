/** An optimiser at the coordinator, for which the aggregate is the way down (Reddi et al. 2021, algorithm 1). */
export interface ServerOptimiser {
  /** The values it keeps for a parameter from round to round, as float32, before the first round. */
  readonly initial: readonly number[]
  /**
   * `change[c]`, the aggregate, becomes what the model moves by. The values kept for parameter c begin at
   * `state[c * initial.length]` and become the next round's.
   */
  readonly step: (change: Float64Array, state: Float32Array) => void
}
