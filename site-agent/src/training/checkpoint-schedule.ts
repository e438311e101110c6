/** When a round in progress is written down: so often that little is lost, so seldom that it costs little. */

/** A checkpoint is written this long after the last one, if steps are short and the disk is quick. */
export const CHECKPOINT_INTERVAL_MS = 30_000

/** The part of the training time that writing checkpoints may take: a slow one makes the next wait longer. */
export const MAX_CHECKPOINT_SHARE = 0.01

export interface CheckpointPace {
  readonly intervalMs: number
  /** Above 0, at most 1. */
  readonly maxShare: number
}

export interface CheckpointSchedule {
  isDue(): boolean
  /** A checkpoint was written, or could not be. */
  took(milliseconds: number): void
}

/** `now` gives milliseconds that only go forward. */
export function createCheckpointSchedule(
  { intervalMs, maxShare }: CheckpointPace,
  now: () => number,
): CheckpointSchedule {
  let dueAt = now() + intervalMs
  return {
    isDue: () => now() >= dueAt,
    took(milliseconds) {
      dueAt = now() + Math.max(intervalMs, milliseconds / maxShare - milliseconds)
    },
  }
}
