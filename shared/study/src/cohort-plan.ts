/** Who takes part in a round, and when it closes. */
import { z } from 'zod'

const count = z.int().min(1).max(10_000)

/** Sites invited beyond those needed: the round closes without waiting for the slowest ones. */
const overSelection = z.int().min(0).max(10_000)

const selection = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  /** A part of the joined sites, drawn anew for every round from the plan's seed. */
  z.strictObject({
    kind: z.literal('fraction'),
    fraction: z.number().positive().max(1),
    overSelection,
  }),
  /** The connected sites, those first that have waited longest for a turn. */
  z.strictObject({ kind: z.literal('available'), sites: count, overSelection }),
])

/** A stale update weighs (1 + rounds behind) ^ -exponent of a fresh one (FedBuff, Nguyen et al. 2022, section 5). */
const staleness = {
  exponent: z.number().min(0).max(10),
  /** An update further behind is refused. */
  maxStaleness: z.int().min(1).max(1000),
}

const late = z.discriminatedUnion('fate', [
  /** Refused; the refusal names the next round. */
  z.strictObject({ fate: z.literal('refuse') }),
  /** Taken into the open round, with less weight. */
  z.strictObject({ fate: z.literal('weigh'), ...staleness }),
])

/** Rounds become versions: the model moves on with every `buffer` updates (FedBuff, Nguyen et al. 2022). */
const asynchronous = z.strictObject({ buffer: count, ...staleness })

export const cohort = z.strictObject({
  /** The study starts when this many sites have joined. */
  sites: count,
  /** A round may close at its deadline with this many updates. */
  quorum: count,
  /** Without a quorum it is extended by as much again, each time with an entry in the journal. */
  deadlineSeconds: z
    .number()
    .min(1)
    .max(30 * 24 * 3600),
  /** Absent: all joined sites. */
  selection: selection.optional(),
  /** Absent: refuse. */
  late: late.optional(),
  /** Absent: synchronous rounds. */
  asynchronous: asynchronous.optional(),
})

export type CohortPlan = Readonly<z.infer<typeof cohort>>
