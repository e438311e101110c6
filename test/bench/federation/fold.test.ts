import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureFolds } from './fold.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'consilium-bench-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('folds are measured beside a loop in memory and reading the files', async () => {
  const [row] = await measureFolds({ folder, parameters: 5000, cohorts: [3], runs: 1 })
  const { seconds, inMemoryLoopSeconds, readSeconds, peakRssMiB, rssGrowthMiB } = row!
  expect(row).toMatchObject({ updates: 3, parameters: 5000 })
  expect(row!.parametersPerSecond).toBeCloseTo(15_000 / seconds, 6)
  for (const measured of [seconds, inMemoryLoopSeconds, readSeconds, rssGrowthMiB]) {
    expect(measured).toBeGreaterThan(0)
  }
  expect(rssGrowthMiB).toBeLessThan(peakRssMiB)
})
