/** A study with the rule SCAFFOLD, from processes as people start them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parsePlan, type StudyPlan } from '@consilium/study'
import { useFederations, type Federation } from './support/federation.ts'
import { writeImages } from './support/images.ts'
import type { RunningProcess } from './support/processes.ts'
import { tinyPlan } from './support/tiny-plan.ts'

const { newFolder, newFederation } = useFederations()

const averaged = tinyPlan({ sites: 2, rounds: 3, localEpochs: 20 })
const plan = parsePlan({
  ...averaged,
  aggregation: { rule: 'scaffold', serverLearningRate: 1 },
  transfer: { formats: [{ format: 'int8', block: 64 }] },
})

let data: Readonly<Record<'bern' | 'oslo', string>>
beforeAll(async () => {
  data = {
    bern: await writeImages(newFolder(), 24, { seed: 1 }),
    oslo: await writeImages(newFolder(), 48, { seed: 2 }),
  }
})

const startSite = (federation: Federation, name: keyof typeof data): RunningProcess =>
  federation.site(name, { data: data[name] })

async function releasedTo(
  sites: readonly RunningProcess[],
  coordinator: RunningProcess,
): Promise<string> {
  const { sha256 } = await coordinator.event('finished')
  const ends = await Promise.all(sites.map(({ ended }) => ended))
  for (const { code, last } of ends)
    expect([code, last]).toMatchObject([0, { event: 'release', sha256 }])
  return String(sha256)
}

async function backboneOf(chosen: StudyPlan): Promise<string> {
  const federation = newFederation()
  const coordinator = await federation.serve(chosen)
  const sites = [startSite(federation, 'bern'), startSite(federation, 'oslo')]
  return releasedTo(sites, coordinator)
}

test('an agent killed in mid-study and started again gives the backbone of an undisturbed study', async () => {
  const undisturbed = await backboneOf(plan)
  expect(undisturbed).not.toBe(await backboneOf(averaged))

  const federation = newFederation()
  const coordinator = await federation.serve(plan)
  const bern = startSite(federation, 'bern')
  const victim = startSite(federation, 'oslo')
  const { step, steps } = await victim.event('progress', ({ round }) => round === 2)
  victim.kill()
  expect(step).toBeLessThan(Number(steps))
  await victim.ended
  expect(existsSync(join(federation.stateFolderOf('oslo'), 'control.safetensors'))).toBe(true)
  const again = startSite(federation, 'oslo')
  expect(await releasedTo([bern, again], coordinator)).toBe(undisturbed)
}, 120_000)
