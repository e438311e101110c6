import { useFederations, type Federation } from './support/federation.ts'
import { writeImages } from './support/images.ts'
import type { RunningProcess } from './support/processes.ts'
import { tinyPlan } from './support/tiny-plan.ts'

const { newFolder, newFederation } = useFederations()
const planOf = (seed: number) => tinyPlan({ seed, sites: 2, rounds: 4, localEpochs: 20 })

let data: Readonly<Record<'bern' | 'oslo', string>>
let undisturbed: string

const startSite = (federation: Federation, name: keyof typeof data): RunningProcess =>
  federation.site(name, { data: data[name] })

async function backboneOf(seed: number): Promise<string> {
  const federation = newFederation()
  const coordinator = await federation.serve(planOf(seed))
  const sites = [startSite(federation, 'bern'), startSite(federation, 'oslo')]
  return releasedTo(sites, coordinator)
}

/** The digest that the coordinator publishes, when every site has it. */
async function releasedTo(
  sites: readonly RunningProcess[],
  coordinator: RunningProcess,
): Promise<string> {
  const { sha256 } = await coordinator.event('finished')
  const ends = await Promise.all(sites.map(({ ended }) => ended))
  for (const { code, last } of ends) {
    expect([code, last]).toMatchObject([0, { event: 'release', sha256 }])
  }
  return String(sha256)
}

beforeAll(async () => {
  data = {
    bern: await writeImages(newFolder(), 24, { seed: 1 }),
    // Takes twice as many steps: bern's update is always the first.
    oslo: await writeImages(newFolder(), 48, { seed: 2 }),
  }
  undisturbed = await backboneOf(1)
})

test('the same seed gives the same backbone, bit for bit', async () => {
  expect(await backboneOf(1)).toBe(undisturbed)
})

test('another seed gives another backbone', async () => {
  expect(await backboneOf(2)).not.toBe(undisturbed)
})

test('a coordinator killed in round 3 and started again gives the backbone of an undisturbed study', async () => {
  const federation = newFederation()
  const first = await federation.serve(planOf(1))
  const sites = [startSite(federation, 'bern'), startSite(federation, 'oslo')]
  await first.event('update-spooled', ({ round }) => round === 3)
  first.kill()
  const { events } = await first.ended
  expect(events.some(({ event, round }) => event === 'round-committed' && round === 3)).toBe(false)

  const second = await federation.serve(undefined, { port: first.port })
  expect(await releasedTo(sites, second)).toBe(undisturbed)
  const ends = await Promise.all(sites.map(({ ended }) => ended))
  expect(ends.map(({ events: told }) => told.some(({ event }) => event === 'waiting'))).toEqual([
    true,
    true,
  ])
})

test('an agent killed in the middle of a round and started again gives the backbone of an undisturbed study', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(planOf(1))
  const bern = startSite(federation, 'bern')
  const victim = startSite(federation, 'oslo')
  const { step, steps } = await victim.event('progress', ({ round }) => round === 2)
  victim.kill()
  expect(step).toBeLessThan(Number(steps))
  const { events } = await victim.ended
  expect(events.some(({ event, round }) => event === 'uploaded' && round === 2)).toBe(false)

  const again = startSite(federation, 'oslo')
  expect(await releasedTo([bern, again], coordinator)).toBe(undisturbed)
})
