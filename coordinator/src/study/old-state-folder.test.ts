/**
 * A state folder that version 0.1.0 (journal format 1, commit 497314d) left in the middle of the second of three rounds:
 * one of three updates is in. The same study, run by that version without a stop, released RELEASE.
 */
import { cpSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { useCoordinators } from '../testing/run-coordinator.ts'
import { useStateFolder } from '../testing/state-folder.ts'

const OLD = fileURLToPath(new URL('../../src/testing/state-0.1.0', import.meta.url))
const RELEASE = 'a4b945a3fc1633dbe0cdc1ba80d3529dba7eeeb0f9c4f2a56f8633f8429d8f5b'

const folder = useStateFolder()
const start = useCoordinators()

test('a state folder of 0.1.0 is opened, gone on with, and finished with the same model', async () => {
  cpSync(OLD, folder(), { recursive: true })
  const running = await start(folder(), { plan: undefined })
  expect(running.state()).toMatchObject({
    seq: 16,
    phase: { kind: 'collecting', round: { round: 2, updates: [{ site: 'bern' }] } },
  })
  const sites = ['bern', 'oslo', 'rome'].map((name) => running.site(name))
  const releases = await Promise.all(sites.map((site) => site.takePart()))
  expect(releases.map(({ modelSha256 }) => modelSha256)).toEqual([RELEASE, RELEASE, RELEASE])
  const { updates } = running.state().rounds[1]!
  expect(updates.filter(({ site }) => site === 'bern')).toHaveLength(1)
})
