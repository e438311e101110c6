import type { SiteEvaluation } from '@consilium/learning'
import { aggregateReport } from './aggregate-report.ts'
import { finishedStudy, siteEvaluation } from './testing/finished-demo.ts'

const aggregate = (sites: readonly SiteEvaluation[], holdout?: SiteEvaluation) =>
  aggregateReport({ study: finishedStudy(), sites, holdout, losses: {}, seconds: 90 })

test('the document says of every site what the issue of the demo asks for', () => {
  const { sites, backbone, wire, rounds, seconds } = aggregate([
    siteEvaluation('a'),
    siteEvaluation('b'),
  ])
  expect(sites[0]).toMatchObject({
    name: 'a',
    images: 70,
    heldOut: 30,
    probeAuc: { untrained: 0.7, local: 0.75, federated: 0.8 },
    probeAucCi: { untrained: [0.6, 0.8], local: [0.65, 0.85], federated: [0.7, 0.9] },
    knnAccuracy: { untrained: 0.5, local: 0.6, federated: 0.7 },
    fineTuneAuc: {
      '0.01': { scratch: 0.5, federated: 0.6 },
      '1': { scratch: 0.8, federated: 0.9 },
    },
  })
  expect(backbone).toEqual({ sha256: 'release', parameters: 100 })
  expect(wire).toEqual({ bytesPerParameterUp: 4.02, bytesPerParameterDown: 4.01 })
  expect([rounds, seconds]).toEqual([2, 90])
})

test('a paired difference is taken replicate by replicate, then over the sites', () => {
  const { federation } = aggregate([
    siteEvaluation('a', { untrained: [0.1, 0.5], federated: [0.2, 0.6] }),
    siteEvaluation('b', { untrained: [0.4, 0.2], federated: [0.7, 0.5] }),
  ])
  // Differences .1 and .1 at a, .3 and .3 at b: .2 in every replicate, whatever the spread of each backbone.
  const { value, ci } = federation['1']!.federatedMinusUntrained
  expect(value).toBeCloseTo(0.1, 12)
  expect(ci[0]).toBeCloseTo(0.2, 12)
  expect(ci[1]).toBeCloseTo(0.2, 12)
})

test('without training alone at every site nothing is said about it', () => {
  const { untrained, federated } = siteEvaluation('b').probe['1']!
  const b = {
    ...siteEvaluation('b'),
    probe: { '1': { untrained: untrained!, federated: federated! } },
    knnAccuracy: { untrained: 0.5, federated: 0.6 },
  }
  const { federation: means, sites } = aggregate([siteEvaluation('a'), b])
  expect(means['1']!.probe.local).toBeUndefined()
  expect(means['1']!.federatedMinusLocal).toBeUndefined()
  expect(sites[1]!.probeAuc).toEqual({ untrained: 0.7, federated: 0.8 })
})

test('the hospital outside is reported and is no part of the mean', () => {
  const outside = siteEvaluation('d', { federated: [0, 0] })
  const { holdout, federation } = aggregate([siteEvaluation('a')], outside)
  expect(holdout?.name).toBe('d')
  expect(federation['1']!.probe.federated.ci[0]).toBeGreaterThan(0)
})

test('views per second count two views of every image that a step took, over the time of the rounds', () => {
  // Two rounds of 9 steps each at two sites, with batches of 64 (of 70) and 35 (of 35) images, 2 views, in 30 seconds.
  expect(aggregate([siteEvaluation('a')]).viewsPerSecond).toBeCloseTo(
    (2 * 2 * 9 * (64 + 35)) / 30,
    9,
  )
})

test('the timeline counts seconds from the first round on', () => {
  const { timeline } = aggregate([siteEvaluation('a')])
  expect(timeline[1]).toMatchObject({ round: 2, openedAt: 15, committedAt: 30 })
  expect(timeline[0]!.updates.map(({ site, arrivedAt }) => [site, arrivedAt])).toEqual([
    ['a', 10],
    ['b', 12],
  ])
})
