import { aggregateReport } from './aggregate-report.ts'
import { resultsTable } from './results-table.ts'
import { finishedStudy, siteEvaluation } from './testing/finished-demo.ts'

test('has a block per site, the differences and the digest', () => {
  const lines = resultsTable(
    aggregateReport({
      study: finishedStudy(),
      sites: [siteEvaluation('riverside')],
      holdout: siteEvaluation('hillcrest'),
      losses: {},
      seconds: 90,
    }),
  )
  expect(lines).toContain('riverside: 70 training images, 30 held out')
  expect(lines).toContain('hillcrest (unseen): 70 training images, 30 held out')
  expect(lines).toContain('  federated              0.800 [0.700, 0.900]      0.800 [0.700, 0.900]')
  expect(lines).toContain('  fine-tuned, scratch    0.500                     0.800')
  expect(lines.find((line) => line.includes('federated - untrained'))).toContain(
    '+0.100 [+0.100, +0.100]',
  )
  expect(lines.join('\n')).toContain('backbone   release (100 parameters)')
})
