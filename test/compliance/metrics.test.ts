/** docs/operations.md and the alerts against the metrics there are. */
import { readDocument, readSources } from './repository.ts'

const METRIC = /\b(?:consilium|process)_[a-z_]+\b/g

const measured = new Set(
  readSources()
    .filter(({ path }) => path.startsWith('coordinator/src/operations/'))
    .flatMap(({ text }) => [...text.matchAll(/'((?:consilium|process)_[a-z_]+)'/g)])
    .map(([, name]) => name!),
)

test('every metric has a row in the table, and every row is a metric', () => {
  const rows = [...readDocument('docs/operations.md').matchAll(/^\| `([a-z_]+)`/gm)]
  expect(rows.map(([, name]) => name!).sort()).toEqual([...measured].sort())
})

test('alerts look at metrics that are there', () => {
  const alerts = readDocument('deploy/prometheus/consilium-alerts.yaml')
  const names = [...alerts.matchAll(METRIC)].map(([name]) => name.replace(/_(sum|count)$/, ''))
  expect(names.filter((name) => !measured.has(name))).toEqual([])
  expect(names.length).toBeGreaterThan(0)
})
