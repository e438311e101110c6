import { reachOf } from '@consilium/learning/control-variate'
import type { Frames } from '@consilium/proto'
import { parsePlan } from '@consilium/study'
import { decodeSafetensors, type NamedArrays } from '@consilium/weights'
import { useCoordinators, type Running } from '../testing/run-coordinator.ts'
import { smallPlan, smallWeights } from '../testing/small-study.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import type { TestSite } from '../testing/test-site.ts'

const folder = useStateFolder()
const start = useCoordinators()

const SITES = ['bern', 'oslo', 'rome', 'wien']
/** Two of four sites take part in a round. */
const selection = { kind: 'fraction', fraction: 0.5, overSelection: 0 } as const
const plan = parsePlan({
  ...smallPlan({ sites: SITES.length, rounds: 3, cohort: { selection } }),
  aggregation: { rule: 'scaffold', serverLearningRate: 1 },
})

const joinedTo = async (running: Running): Promise<ReadonlyMap<string, TestSite>> =>
  new Map(await Promise.all(SITES.map(async (name) => [name, await running.joined(name)] as const)))

interface Part {
  readonly invitation: Frames['roundInvitation']
  readonly control: NamedArrays
  readonly delta: NamedArrays
}

const zeros = (): NamedArrays =>
  new Map([...smallWeights()].map(([name, a]) => [name, { ...a, data: a.data.map(() => 0) }]))

async function takePart(site: TestSite): Promise<Part> {
  const invitation = await site.next('roundInvitation')
  const { baseSha256, controlSha256, round } = invitation
  const control = controlSha256 === '' ? zeros() : await site.download(controlSha256)
  const bytes = site.updateFor(await site.download(baseSha256), round)
  expect(await site.deliver(invitation, { bytes })).toMatchObject({ kind: 'updateAck' })
  return { invitation, control, delta: decodeSafetensors(bytes).arrays }
}

/** c + sum (-c - delta / reach) / 4. */
function controlAfter(parts: readonly Part[]): Map<string, number[]> {
  const [{ control, invitation }] = parts as [Part]
  const reach = reachOf(plan, { round: invitation.round, steps: 5 })
  return new Map(
    [...control].map(([name, { data }]) => [
      name,
      [...data].map((c, i) =>
        parts.reduce((next, { delta }) => next + (-c - delta.get(name)!.data[i]! / reach) / 4, c),
      ),
    ]),
  )
}

function expectClose(control: NamedArrays, expected: ReadonlyMap<string, readonly number[]>): void {
  for (const [name, { data }] of control)
    data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected.get(name)![i]!, 6)
    })
}

test('the control variate comes with the model and moves by the share of sites that took part, across a restart', async () => {
  const first = await start(folder(), { plan })
  let sites = await joinedTo(first)
  const round = async (running: Running, opened: number): Promise<readonly Part[]> => {
    const { invited } = await running.recorded('round-opened', opened)
    expect(invited).toHaveLength(2)
    return Promise.all(invited.map((name) => takePart(sites.get(name)!)))
  }
  const one = await round(first, 1)
  expect(one.map(({ invitation }) => [invitation.controlSha256, invitation.controlBytes])).toEqual([
    ['', 0],
    ['', 0],
  ])
  await first.recorded('round-opened', 2)
  await first.close()

  const second = await start(folder(), { plan: undefined })
  sites = await joinedTo(second)
  const { invited } = (await second.view()).rounds.at(-1)!
  const two = await Promise.all(invited.map((name) => takePart(sites.get(name)!)))
  expectClose(two[0]!.control, controlAfter(one))
  const three = await round(second, 1)
  expectClose(three[0]!.control, controlAfter(two))
  const outdated = two[0]!.invitation.controlSha256
  expect((await sites.get('bern')!.get(`/v1/blobs/${outdated}`)).status).toBe(404)
})

test("moments of other rules are not sites' business", async () => {
  const adaptive = { serverLearningRate: 1, beta1: 0.9, beta2: 0.9, tau: 0.1 }
  const running = await start(folder(), {
    plan: parsePlan({
      ...smallPlan({ sites: 1, quorum: 1 }),
      aggregation: { rule: 'fedadam', weighting: 'samples', ...adaptive },
    }),
  })
  const oslo = await running.joined('oslo')
  await oslo.deliver(await oslo.next('roundInvitation'))
  const { optimiserState } = await running.recorded('round-folded')
  expect(await oslo.next('roundInvitation')).toMatchObject({ round: 2, controlSha256: '' })
  expect((await oslo.get(`/v1/blobs/${optimiserState!.sha256}`)).status).toBe(404)
})
