/** A hospital that stands still for a while, in a study whose model moves on without it. */
import { join } from 'node:path'
import { useFederations } from './support/federation.ts'
import { writeImages } from './support/images.ts'
import { tinyPlan } from './support/tiny-plan.ts'

const { newFederation, start } = useFederations()

const cohort = {
  ...{ sites: 3, quorum: 2, deadlineSeconds: 600 },
  asynchronous: { buffer: 2, exponent: 0.5, maxStaleness: 1000 },
}

test('a slow hospital delivers late, and a study that is stopped releases what it has', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve({ ...tinyPlan({ rounds: 1000 }), cohort })
  const data = await writeImages(join(federation.folder, 'images'), 12)
  const sites = ['slow', 'oslo', 'bern'].map((name) => federation.site(name, { data }))
  const [slow] = sites
  await slow!.event('round')
  slow!.signal('SIGSTOP')
  await coordinator.event('round-opened', ({ round }) => round === 3)
  slow!.signal('SIGCONT')
  await coordinator.event(
    'update-spooled',
    ({ site, staleness }) => site === 'slow' && Number(staleness) > 0,
  )
  const opened = coordinator.events.filter(({ event }) => event === 'round-opened').length
  await coordinator.event('round-opened', ({ round }) => round === opened + 1)

  const args = ['--coordinator', coordinator.url, '--state', coordinator.stateFolder]
  expect((await start('consilium', ['stop', '--json', ...args]).ended).code).toBe(0)
  const { sha256 } = await coordinator.event('finished')
  const ends = await Promise.all(sites.map((site) => site.ended))
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0])
  const releases = await Promise.all(sites.map((site) => site.event('release')))
  expect(releases.map((release) => release['sha256'])).toEqual([sha256, sha256, sha256])
  const contributions = (await coordinator.models()).flatMap((model) =>
    model.kind === 'round' ? model.contributors : [],
  )
  expect(contributions).toContainEqual(
    expect.objectContaining({ site: 'slow', staleness: expect.any(Number) as unknown }),
  )
}, 120_000)
