/** A disk that damages an update after the coordinator has acknowledged it. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { useFederations } from './support/federation.ts'
import { writeImages } from './support/images.ts'
import { tinyPlan } from './support/tiny-plan.ts'

const { newFederation } = useFederations()

async function study(damage: boolean): Promise<unknown> {
  const federation = newFederation()
  const first = await federation.serve(tinyPlan({ sites: 2, rounds: 2 }))
  const data = await writeImages(join(federation.folder, 'images'), 12)
  const [oslo, bern] = ['oslo', 'bern'].map((name) => federation.site(name, { data }))
  await bern!.event('round')
  if (damage) {
    bern!.signal('SIGSTOP')
    const spooled = await first.event('update-spooled', ({ site }) => site === 'oslo')
    const sha256 = String(spooled['sha256'])
    await writeFile(join(first.stateFolder, 'blobs', 'sha256', sha256.slice(0, 2), sha256), 'rust')
    bern!.signal('SIGCONT')
    await first.event('updates-lost', ({ sites }) => String(sites) === 'oslo')
  }
  const { sha256 } = await first.event('finished')
  const ends = await Promise.all([oslo!.ended, bern!.ended])
  expect(ends.map(({ code }) => code)).toEqual([0, 0])
  return sha256
}

test('is told, the hospital sends it again, and the model is the same as if nothing had been', async () => {
  expect(await study(true)).toBe(await study(false))
}, 120_000)
