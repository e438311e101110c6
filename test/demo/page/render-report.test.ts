import { aggregateReport } from '../aggregate-report.ts'
import { finishedStudy, siteEvaluation } from '../testing/finished-demo.ts'
import { renderReport } from './render-report.ts'

const losses = { a: [{ round: 0.5, loss: 5 }, { round: 2, loss: 4 }], b: [{ round: 1, loss: 4.5 }] } // prettier-ignore

const page = (names: readonly string[] = ['a', 'b']): string =>
  renderReport(
    aggregateReport({
      study: finishedStudy(),
      sites: names.map((name) => siteEvaluation(name)),
      holdout: siteEvaluation('outside'),
      losses,
      seconds: 90,
    }),
    [{ site: 'a', png: Uint8Array.of(1, 2, 3) }],
  )

test('is one page without scripts or anything from outside', () => {
  expect(page()).toMatch(/^<!doctype html>/)
  expect(page()).not.toMatch(/<script|<link|https?:|url\(/)
})

test('shows the charts, the digest, the numbers and the views', () => {
  expect(page().match(/role="img"/g)).toHaveLength(5)
  for (const text of [
    'release',
    '0.800',
    '4.02 bytes up',
    'data:image/png;base64,AQID',
    'took no part',
  ])
    expect(page()).toContain(text)
})

test('every coordinate of a chart is a number', () => {
  expect(page()).not.toMatch(/NaN|Infinity|undefined/)
})

test('a name of a site cannot add to the page', () => {
  expect(page(['<b>', 'b'])).not.toContain('<b>')
})
