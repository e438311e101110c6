/** What the processes of a small demo said, with numbers that can be checked by hand. Tests only. */
import type { JournalEntry, Manifest, RoundView, StudyView } from '@consilium/coordinator'
import type { Backbone, SiteEvaluation } from '@consilium/learning'
import { createDemoPlan, fullScale } from '../demo-plan.ts'
import type { FinishedStudy } from '../run-study.ts'

const plan = createDemoPlan({ ...fullScale.study, rounds: 2, localEpochs: 3 }, 2)
const initial = { sha256: 'initial', bytes: 402, parameters: 100 }

const at = (seconds: number): string => new Date(1_700_000_000_000 + 1000 * seconds).toISOString()

const contributors = [
  { site: 'a', updateSha256: 'update-a', samples: 70, weight: 2 / 3 },
  { site: 'b', updateSha256: 'update-b', samples: 35, weight: 1 / 3 },
]

function roundEvents(round: number): readonly JournalEntry[] {
  const start = 15 * (round - 1)
  const update = {
    kind: 'update-spooled',
    round,
    sha256: 'u',
    bytes: 402,
    meanLoss: 4,
    steps: 9,
  } as const
  const model = { ...initial, sha256: `model-${round}` }
  const seq = 4 * (round - 1)
  return [
    { kind: 'round-opened', round, base: 'base', invited: ['a', 'b'], seq: seq + 1, at: at(start) },
    { ...update, site: 'a', samples: 70, seq: seq + 2, at: at(start + 10) },
    { ...update, site: 'b', samples: 35, seq: seq + 3, at: at(start + 12) },
    { kind: 'round-committed', round, model, meanLoss: 4, seq: seq + 4, at: at(start + 15) },
  ]
}

const roundView = (round: number): RoundView => ({
  round,
  status: 'committed',
  stage: 'committed',
  base: 'base',
  invited: ['a', 'b'],
  training: [],
  updates: {},
  losses: { a: 4, b: 4 },
  failures: [],
  refusals: [],
  extensions: 0,
  contributors,
  missing: [],
  model: { ...initial, sha256: `model-${round}` },
  meanLoss: 4,
})

export function finishedStudy(): FinishedStudy {
  const view: StudyView = {
    study: 'demo',
    seq: 8,
    state: 'finished',
    wait: '',
    orders: { held: false, startWith: 2, rounds: 2, paused: undefined, stopping: undefined },
    round: 2,
    roundsPlanned: 2,
    stragglers: {},
    plan,
    planSha256: 'plan',
    model: { ...initial, sha256: 'model-2' },
    release: { ...initial, sha256: 'release' },
    sites: [],
    rounds: [roundView(1), roundView(2)],
    wire: {
      bytesUp: 1608,
      bytesDown: 1604,
      updates: 4,
      downloads: 4,
      parameters: 100,
      bytesPerParameterUp: 4.02,
      bytesPerParameterDown: 4.01,
    },
  }
  const common = {
    schema: 1,
    study: 'demo',
    planSha256: 'plan',
    bytes: 402,
    parameters: 100,
  } as const
  const models: readonly Manifest[] = [
    { ...common, kind: 'initial', sha256: 'initial' },
    { ...common, kind: 'round', sha256: 'model-1', parent: 'initial', round: 1, contributors },
  ]
  return { view, models, events: [...roundEvents(1), ...roundEvents(2)] }
}

const middles = { untrained: 0.7, local: 0.75, federated: 0.8 } as const

/** Replicates are the ends of the interval unless given. */
export function siteEvaluation(
  name: string,
  replicates: Partial<Record<Backbone, readonly number[]>> = {},
): SiteEvaluation {
  const result = (backbone: Backbone) => {
    const auc = middles[backbone]
    const ci = [Number((auc - 0.1).toFixed(2)), Number((auc + 0.1).toFixed(2))] as const
    return { auc, ci, replicates: replicates[backbone] ?? ci }
  }
  const results = {
    untrained: result('untrained'),
    local: result('local'),
    federated: result('federated'),
  }
  return {
    name,
    images: 70,
    heldOut: 30,
    classes: ['healthy', 'opacity'],
    probe: { '1': results, '0.01': results },
    knnAccuracy: { untrained: 0.5, local: 0.6, federated: 0.7 },
    fineTune: { '1': { scratch: 0.8, federated: 0.9 }, '0.01': { scratch: 0.5, federated: 0.6 } },
  }
}
