/**
 * The study plan: everything that decides the result of a study, agreed by all before it starts.
 * Its canonical digest pins it: sites approve a digest, updates and releases name it.
 */
import { z } from 'zod'
import { aggregation } from './aggregation-plan.ts'
import { cohort } from './cohort-plan.ts'
import { minimumCohort } from './minimum-cohort.ts'
import { scaffoldConflicts } from './scaffold-conflicts.ts'
import { transfer } from './transfer-plan.ts'

const count = (max: number) => z.int().min(1).max(max)

const model = z.strictObject({
  /** Bottleneck units per stage; BiT-R50 is [3, 4, 6, 3]. */
  units: z.array(count(64)).min(1).max(6),
  /** Channels of the stem and of the first stage's bottleneck; BiT-R50x1 has 64. */
  width: count(512),
  /** GroupNorm groups; BiT has 32. Must divide `width`. */
  groups: count(64),
  /** `imagenet`: 7x7/2 and max-pool; `small`: 3x3/1 without pooling, for images up to about 64 px. */
  stem: z.enum(['imagenet', 'small']),
  channels: z.union([z.literal(1), z.literal(3)]),
})

const data = z.strictObject({
  /** Working resolution in pixels: every image is brought to size x size. */
  size: z.int().min(8).max(1024),
  /** Augmentation preset, by modality. */
  preset: z.enum(['xray', 'microscopy']),
})

const objective = z.strictObject({
  name: z.literal('simclr'),
  /** Below 0.025 opposite views (cosine -1) weigh exp(-2 / temperature), which is 0 in float32. */
  temperature: z.number().min(0.025).max(10),
  projector: z.strictObject({ hidden: count(8192), output: count(8192) }),
})

const sgd = z.strictObject({
  name: z.literal('sgd'),
  learningRate: z.number().positive().max(100),
  momentum: z.number().min(0).lt(1),
  weightDecay: z.number().min(0).max(1),
})

const sgdNesterov = sgd.extend({ name: z.literal('sgd-nesterov') })

/** SimCLR's: the learning rate is inside the momentum buffer. */
const lars = sgd.extend({
  name: z.literal('lars'),
  /** eta of You et al. 2017, section 4. */
  trustCoefficient: z.number().positive().max(1),
})

/** That of the PyTorch libraries: the learning rate is outside, and the trust ratio's denominator is |g| + decay |w|. */
const larsPytorch = lars.extend({ name: z.literal('lars-pytorch') })

/** `lars-pytorch` that never steps further than plain SGD would. */
const larc = lars.extend({ name: z.literal('larc') })

const adamw = z.strictObject({
  name: z.literal('adamw'),
  learningRate: z.number().positive().max(100),
  /** Decay rates of the means of gradients and of their squares; 0.9 and 0.999 in Kingma & Ba 2015. */
  beta1: z.number().min(0).lt(1),
  beta2: z.number().min(0).lt(1),
  /** 1e-8 in Kingma & Ba 2015. */
  epsilon: z.number().positive().max(1),
  /** Multiplied by the learning rate, as in PyTorch. */
  weightDecay: z.number().min(0).max(1),
})

const schedule = z.strictObject({
  rounds: count(100_000),
  localEpochs: count(1000),
  /** Images per step at a site; a site with fewer images uses all it has. */
  batch: z.int().min(2).max(65_536),
  /** Part of the whole study spent in linear warm-up of the learning rate, before the cosine. */
  warmup: z.number().min(0).lt(1),
})

export const planSchema = z
  .strictObject({
    schema: z.literal(1),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and dashes, at most 63'),
    seed: z.int().min(0).max(0xffffffff),
    model,
    data,
    objective,
    optimiser: z.discriminatedUnion('name', [sgd, sgdNesterov, lars, larsPytorch, larc, adamw]),
    schedule,
    cohort,
    /** Absent: federated averaging by samples. */
    aggregation: aggregation.optional(),
    /** Absent: float32. */
    transfer: transfer.optional(),
  })
  .refine((plan) => plan.model.width % plan.model.groups === 0, {
    path: ['model', 'groups'],
    message: 'must divide model.width',
  })
  .refine((plan) => plan.cohort.quorum <= plan.cohort.sites, {
    path: ['cohort', 'quorum'],
    message: 'must not exceed cohort.sites',
  })
  .superRefine(({ cohort: { sites, quorum, selection, late, asynchronous } }, context) => {
    const refuse = (path: readonly string[], message: string): void => {
      context.addIssue({ code: 'custom', path: ['cohort', ...path], message })
    }
    if (selection?.kind === 'available' && selection.sites < quorum)
      refuse(['selection', 'sites'], 'must be at least cohort.quorum')
    if (asynchronous === undefined) return
    if (asynchronous.buffer < quorum || asynchronous.buffer > sites)
      refuse(['asynchronous', 'buffer'], 'must be from cohort.quorum to cohort.sites')
    if (late !== undefined) refuse(['late'], 'asynchronous rounds weigh late updates by themselves')
    if (selection !== undefined && selection.kind !== 'all')
      refuse(['selection'], 'asynchronous rounds invite every site that has nothing to do')
  })
  .superRefine(({ aggregation: rule, cohort: { quorum, asynchronous } }, context) => {
    if (rule === undefined) return
    const { updates, reason } = minimumCohort(rule)
    const refuse = (...path: string[]): void => {
      const message = `must be at least ${updates} for the rule '${rule.rule}' (${reason})`
      context.addIssue({ code: 'custom', path: ['cohort', ...path], message })
    }
    if (quorum < updates) refuse('quorum')
    if (asynchronous !== undefined && asynchronous.buffer < updates)
      refuse('asynchronous', 'buffer')
  })
  .superRefine((plan, context) => {
    if (plan.aggregation?.rule !== 'scaffold') return
    for (const { path, message } of scaffoldConflicts(plan))
      context.addIssue({ code: 'custom', path: [...path], message })
  })

export type StudyPlan = Readonly<z.infer<typeof planSchema>>
export type ModelPlan = StudyPlan['model']
export type ObjectivePlan = StudyPlan['objective']
export type OptimiserPlan = StudyPlan['optimiser']
export type AugmentationPreset = StudyPlan['data']['preset']
