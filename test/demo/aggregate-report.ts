/** From what the processes said to the report. Pure. */
import {
  differenceOfReplicates,
  meanOfReplicates,
  percentileInterval,
  type Backbone,
  type ProbeResult,
  type SiteEvaluation,
} from '@consilium/learning'
import type { JournalEntry, Manifest } from '@consilium/coordinator'
import type {
  ByBackbone,
  DemoReport,
  Estimate,
  FederationReport,
  LossPoint,
  RoundReport,
  SiteReport,
} from './report.ts'
import type { FinishedStudy } from './run-study.ts'

export interface ReportMaterial {
  readonly study: FinishedStudy
  readonly sites: readonly SiteEvaluation[]
  readonly holdout: SiteEvaluation | undefined
  readonly losses: Readonly<Record<string, readonly LossPoint[]>>
  /** Of the whole run. */
  readonly seconds: number
}

const ALL_LABELS = '1'
/** Two views of every image and epoch. */
const VIEWS = 2

export function aggregateReport(material: ReportMaterial): DemoReport {
  const { study, sites, holdout, losses, seconds } = material
  const { view, models, events } = study
  const { release, wire, plan, planSha256 } = view
  if (release === undefined) throw new Error('internal: a report of a study without a release')
  const fractions = Object.keys(sites[0]?.probe ?? {})
  const timeline = timelineOf(study)
  return {
    schema: 1,
    seconds,
    rounds: plan.schedule.rounds,
    seed: plan.seed,
    planSha256,
    sites: sites.map(siteReport),
    ...(holdout === undefined ? {} : { holdout: siteReport(holdout) }),
    federation: Object.fromEntries(fractions.map((f) => [f, federationReport(sites, f)])),
    backbone: { sha256: release.sha256, parameters: release.parameters },
    wire: {
      bytesPerParameterUp: wire.bytesPerParameterUp ?? 0,
      bytesPerParameterDown: wire.bytesPerParameterDown ?? 0,
    },
    viewsPerSecond: viewsTrained(study) / secondsOfTraining(events),
    losses,
    timeline,
    lineage: models.map(lineageEntry),
  }
}

function siteReport(site: SiteEvaluation): SiteReport {
  const { name, images, heldOut, classes, probe, knnAccuracy, fineTune } = site
  const estimates = Object.fromEntries(
    Object.entries(probe).map(([fraction, results]) => [
      fraction,
      byBackbone(results, ({ auc, ci }): Estimate => ({ value: auc, ci })),
    ]),
  )
  return {
    name,
    images,
    heldOut,
    classes,
    probeAuc: byBackbone(probe[ALL_LABELS]!, ({ auc }) => auc),
    probeAucCi: byBackbone(probe[ALL_LABELS]!, ({ ci }) => ci),
    probe: estimates,
    knnAccuracy: byBackbone(knnAccuracy, (accuracy) => accuracy),
    fineTuneAuc: fineTune,
  }
}

function byBackbone<T, U>(
  results: Readonly<Partial<Record<Backbone, T>>>,
  map: (result: T) => U,
): ByBackbone<U> {
  const { untrained, local, federated } = results
  if (untrained === undefined || federated === undefined) {
    throw new Error('internal: an evaluation without the untrained or the federated backbone')
  }
  return {
    untrained: map(untrained),
    ...(local === undefined ? {} : { local: map(local) }),
    federated: map(federated),
  }
}

function federationReport(sites: readonly SiteEvaluation[], fraction: string): FederationReport {
  const resultsOf = (backbone: Backbone): readonly ProbeResult[] =>
    sites.flatMap((site) => site.probe[fraction]?.[backbone] ?? [])
  const pooled = (backbone: Backbone): Pooled => poolSites(resultsOf(backbone))
  const [untrained, federated] = [pooled('untrained'), pooled('federated')]
  const local = resultsOf('local').length === sites.length ? pooled('local') : undefined
  const fineTuned = sites.map((site) => site.fineTune[fraction]!)
  return {
    probe: {
      untrained: estimate(untrained),
      ...(local === undefined ? {} : { local: estimate(local) }),
      federated: estimate(federated),
    },
    federatedMinusUntrained: difference(federated, untrained),
    ...(local === undefined ? {} : { federatedMinusLocal: difference(federated, local) }),
    fineTune: {
      scratch: mean(fineTuned.map(({ scratch }) => scratch)),
      federated: mean(fineTuned.map((tuned) => tuned.federated)),
    },
  }
}

/** Mean over sites, and its bootstrap replicates. */
interface Pooled {
  readonly value: number
  readonly replicates: Float64Array
}

const poolSites = (results: readonly ProbeResult[]): Pooled => ({
  value: mean(results.map(({ auc }) => auc)),
  replicates: meanOfReplicates(results.map(({ replicates }) => replicates)),
})

const estimate = ({ value, replicates }: Pooled): Estimate => ({
  value,
  ci: percentileInterval(replicates),
})

const difference = (a: Pooled, b: Pooled): Estimate => ({
  value: a.value - b.value,
  ci: percentileInterval(differenceOfReplicates(a.replicates, b.replicates)),
})

const mean = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length

const millisecondsOf = ({ at }: JournalEntry): number => Date.parse(at)

function timelineOf({ view, events }: FinishedStudy): readonly RoundReport[] {
  const opened = events.filter((event) => event.kind === 'round-opened')
  const start = opened[0] === undefined ? 0 : millisecondsOf(opened[0])
  const secondsAt = (event: JournalEntry | undefined): number =>
    event === undefined ? 0 : (millisecondsOf(event) - start) / 1000
  return view.rounds.map(({ round, model, meanLoss, contributors = [] }) => {
    const arrivals = events.filter((e) => e.kind === 'update-spooled' && e.round === round)
    const commit = events.find((e) => e.kind === 'round-committed' && e.round === round)
    return {
      round,
      model: model?.sha256 ?? '',
      meanLoss: meanLoss ?? NaN,
      openedAt: secondsAt(opened.find((event) => event.round === round)),
      committedAt: secondsAt(commit),
      updates: contributors.map(({ site, weight, updateSha256 }) => ({
        site,
        weight,
        updateSha256,
        arrivedAt: secondsAt(arrivals.find((e) => e.kind === 'update-spooled' && e.site === site)),
      })),
    }
  })
}

function secondsOfTraining(events: readonly JournalEntry[]): number {
  const first = events.find(({ kind }) => kind === 'round-opened')
  const last = events.findLast(({ kind }) => kind === 'round-committed')
  if (first === undefined || last === undefined) throw new Error('internal: a study without rounds')
  return (millisecondsOf(last) - millisecondsOf(first)) / 1000
}

/** What is left of an epoch after its last whole batch is not trained on. */
function viewsTrained({ view, events }: FinishedStudy): number {
  const { batch } = view.plan.schedule
  return events.reduce(
    (sum, event) =>
      event.kind === 'update-spooled'
        ? sum + VIEWS * event.steps * Math.min(batch, event.samples)
        : sum,
    0,
  )
}

const lineageEntry = (model: Manifest): DemoReport['lineage'][number] => ({
  kind: model.kind === 'round' ? `round ${model.round}` : model.kind,
  sha256: model.sha256,
  ...(model.kind === 'initial' ? {} : { parent: model.parent }),
})
