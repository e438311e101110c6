/** How a round's updates become the next model. Names and symbols are the papers'. */
import { z } from 'zod'

/** Shares in an average: by training images, or the same for every site. */
const weighting = z.enum(['samples', 'uniform'])

const serverLearningRate = z.number().positive().max(100)
const rate = z.number().min(0).lt(1)

/** `f`: how many of the updates may be arbitrary. */
const byzantine = z.int().min(0).max(10_000)

const rule = <N extends string, S extends z.core.$ZodLooseShape>(name: N, shape: S) =>
  z.strictObject({
    rule: z.literal(name),
    ...shape,
    /** L2 norm to which a larger update is scaled down before the rule sees it (norm bounding, Sun et al. 2019). */
    maxNorm: z.number().positive().optional(),
  })

/** Reddi et al. 2021, algorithm 2. `tau` is the degree of adaptivity. */
const adaptive = { weighting, serverLearningRate, beta1: rate, tau: z.number().positive().max(1) }

export const aggregation = z.discriminatedUnion('rule', [
  /** McMahan et al. 2017. */
  rule('fedavg', { weighting }),
  /** Hsu et al. 2019. */
  rule('fedavgm', { weighting, serverLearningRate, momentum: rate }),
  rule('fedadam', { ...adaptive, beta2: rate }),
  rule('fedyogi', { ...adaptive, beta2: rate }),
  rule('fedadagrad', adaptive),
  /** Wang et al. 2020: updates normalised by their local steps. */
  rule('fednova', { weighting }),
  /** Karimireddy et al. 2020: control variates at every site. */
  rule('scaffold', { serverLearningRate }),
  /** Yin et al. 2018. */
  rule('coordinate-median', {}),
  rule('trimmed-mean', { byzantine }),
  /** Blanchard et al. 2017. */
  rule('krum', { byzantine }),
  rule('multi-krum', { byzantine, selected: z.int().min(1).max(10_000) }),
  /** Pillutla et al. 2022: Weiszfeld's iterations, smoothed by `smoothing`. */
  rule('geometric-median', {
    iterations: z.int().min(1).max(100),
    smoothing: z.number().positive().max(1),
  }),
  /** Karimireddy et al. 2021. */
  rule('centred-clipping', {
    radius: z.number().positive(),
    iterations: z.int().min(1).max(100),
  }),
  /** Allouah et al. 2023: nearest-neighbour mixing, then the trimmed mean. */
  rule('nnm-trimmed-mean', { byzantine }),
])

export type AggregationPlan = Readonly<z.infer<typeof aggregation>>
