import { canonicalJson, modelPresets, parsePlan, planDigest } from './index.ts'

const plan = {
  schema: 1,
  name: 'chest-films',
  seed: 7,
  model: { ...modelPresets.tiny, channels: 1 },
  data: { size: 28, preset: 'xray' },
  objective: { name: 'simclr', temperature: 0.2, projector: { hidden: 256, output: 128 } },
  optimiser: { name: 'sgd', learningRate: 0.06, momentum: 0.9, weightDecay: 1e-4 },
  schedule: { rounds: 10, localEpochs: 1, batch: 256, warmup: 0.1 },
  cohort: { sites: 3, quorum: 2, deadlineSeconds: 60 },
}

test('a complete plan parses to itself', () => {
  expect(parsePlan(plan)).toEqual(plan)
})

test.each([
  { name: 'sgd-nesterov', learningRate: 0.1, momentum: 0.9, weightDecay: 0 },
  { name: 'lars', learningRate: 0.3, momentum: 0.9, weightDecay: 1e-6, trustCoefficient: 0.001 },
  {
    name: 'lars-pytorch',
    learningRate: 0.3,
    momentum: 0.9,
    weightDecay: 1e-6,
    trustCoefficient: 0.001,
  },
  { name: 'larc', learningRate: 0.4, momentum: 0.9, weightDecay: 1e-4, trustCoefficient: 0.02 },
  {
    name: 'adamw',
    learningRate: 3e-4,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0.05,
  },
])('a plan may train with $name', (optimiser) => {
  expect(parsePlan({ ...plan, optimiser })).toEqual({ ...plan, optimiser })
})

test.each([
  { selection: { kind: 'fraction', fraction: 0.5, overSelection: 1 } },
  { selection: { kind: 'available', sites: 2, overSelection: 0 } },
  { late: { fate: 'weigh', exponent: 0.5, maxStaleness: 3 } },
  { asynchronous: { buffer: 2, exponent: 0.5, maxStaleness: 10 } },
])('a plan may have the cohort %j', (more) => {
  const cohort = { ...plan.cohort, ...more }
  expect(parsePlan({ ...plan, cohort })).toEqual({ ...plan, cohort })
})

const scaffold = { rule: 'scaffold', serverLearningRate: 1 }
const buffer = { buffer: 2, exponent: 0.5, maxStaleness: 10 }

test.each([
  [{ selection: { kind: 'available', sites: 1, overSelection: 0 } }, 'cohort.selection.sites'],
  [{ asynchronous: { ...buffer, buffer: 1 } }, 'cohort.asynchronous.buffer'],
  [{ asynchronous: { ...buffer, buffer: 4 } }, 'cohort.asynchronous.buffer'],
  [{ asynchronous: buffer, late: { fate: 'refuse' } }, 'cohort.late'],
  [
    { asynchronous: buffer, selection: { kind: 'fraction', fraction: 0.5, overSelection: 0 } },
    'cohort.selection',
  ],
])('a cohort that contradicts itself is refused: %j', (more, field) => {
  expect(() => parsePlan({ ...plan, cohort: { ...plan.cohort, ...more } })).toThrow(`${field}: `)
})

test('a plan may correct the drift of sites with SCAFFOLD, whose updates may be quantised', () => {
  const wanted = {
    ...plan,
    aggregation: scaffold,
    cohort: { ...plan.cohort, late: { fate: 'refuse' } },
    transfer: { formats: [{ format: 'int8', block: 256 }, { format: 'float16' }] },
  }
  expect(parsePlan(wanted)).toEqual(wanted)
})

test('the digest does not depend on the order of the fields, and changes with any value', () => {
  const reversed = Object.fromEntries(Object.entries(plan).reverse())
  expect(planDigest(parsePlan(reversed))).toBe(planDigest(parsePlan(plan)))
  expect(planDigest(parsePlan({ ...plan, seed: 8 }))).not.toBe(planDigest(parsePlan(plan)))
})

test('canonical JSON sorts keys at every depth and keeps the order of arrays', () => {
  expect(canonicalJson({ b: [2, { d: 1, c: null }], a: 'x' })).toBe(
    '{"a":"x","b":[2,{"c":null,"d":1}]}',
  )
})

test.each([
  ['an unknown field', { ...plan, speed: 1 }, /Unrecognized key.*speed/],
  [
    'a quorum above the cohort',
    { ...plan, cohort: { ...plan.cohort, quorum: 4 } },
    /cohort\.quorum: must not exceed/,
  ],
  [
    'a quorum with which its rule cannot do what it promises',
    { ...plan, aggregation: { rule: 'krum', byzantine: 1 } },
    /cohort\.quorum: must be at least 5 for the rule 'krum' \(n >= 2f \+ 3/,
  ],
  [
    'SCAFFOLD with steps that do not add up',
    {
      ...plan,
      aggregation: scaffold,
      optimiser: { ...plan.optimiser, name: 'larc', trustCoefficient: 0.02 },
    },
    /optimiser\.name: must be 'sgd' or 'sgd-nesterov' for the rule 'scaffold'.*of 'larc'/,
  ],
  [
    'SCAFFOLD with late updates',
    {
      ...plan,
      aggregation: scaffold,
      cohort: { ...plan.cohort, late: { fate: 'weigh', exponent: 1, maxStaleness: 1 } },
    },
    /cohort\.late\.fate: must be 'refuse': the rule 'scaffold' needs all updates/,
  ],
  [
    'SCAFFOLD without rounds',
    { ...plan, aggregation: scaffold, cohort: { ...plan.cohort, asynchronous: buffer } },
    /cohort\.asynchronous: must be absent: the rule 'scaffold'/,
  ],
  [
    'SCAFFOLD with sparse updates',
    {
      ...plan,
      aggregation: scaffold,
      transfer: { formats: [{ format: 'float32' }, { format: 'top-k', fraction: 0.1 }] },
    },
    /transfer\.formats: must not have 'top-k' with the rule 'scaffold'/,
  ],
  [
    'groups that do not divide the width',
    { ...plan, model: { ...plan.model, groups: 5 } },
    /model\.groups: must divide/,
  ],
  [
    'an infinite learning rate',
    { ...plan, optimiser: { ...plan.optimiser, learningRate: Infinity } },
    /optimiser\.learningRate/,
  ],
  [
    'a number that its optimiser does not have',
    { ...plan, optimiser: { ...plan.optimiser, trustCoefficient: 0.001 } },
    /Unrecognized key.*trustCoefficient/,
  ],
  [
    'a decay rate of 1, whose mean would stay 0',
    {
      ...plan,
      optimiser: {
        name: 'adamw',
        learningRate: 3e-4,
        beta1: 0.9,
        beta2: 1,
        epsilon: 1e-8,
        weightDecay: 0,
      },
    },
    /optimiser\.beta2/,
  ],
  [
    'a temperature at which weights underflow',
    { ...plan, objective: { ...plan.objective, temperature: 0.01 } },
    /objective\.temperature/,
  ],
  [
    'a deadline that would be extended without end in no time',
    { ...plan, cohort: { ...plan.cohort, deadlineSeconds: 0.0001 } },
    /cohort\.deadlineSeconds/,
  ],
  [
    'several wrong fields at once',
    { ...plan, seed: -1, name: 'Bad Name' },
    /name: .*seed: |seed: .*name: /,
  ],
])('refuses %s and says which', (_, value, message) => {
  expect(() => parsePlan(value)).toThrow(
    expect.objectContaining({
      code: 'STUDY_INVALID_PLAN',
      message: expect.stringMatching(message) as string,
    }),
  )
})
