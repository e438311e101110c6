import { join } from 'node:path'
import {
  findPostgres,
  startPostgres,
  type PostgresServer,
} from '@consilium/coordinator/testing/postgres-server'
import { useFederations, type Federation, type RunningCoordinator } from './support/federation.ts'
import { writeImages } from './support/images.ts'
import { useLoadBalancers, type LoadBalancer } from './support/load-balancer.ts'
import type { ProcessEvent, RunningProcess } from './support/processes.ts'
import { tinyPlan } from './support/tiny-plan.ts'

const { newFolder, newFederation } = useFederations()
const newLoadBalancer = useLoadBalancers()
const plan = tinyPlan({ sites: 2, rounds: 3, localEpochs: 10 })
const binaries = findPostgres()

let postgres: PostgresServer
let data: Readonly<Record<'bern' | 'oslo', string>>
let undisturbed: string
let studies = 0

interface Replicas {
  readonly federation: Federation
  /** Started first: it holds the lease. */
  readonly holder: RunningCoordinator
  readonly other: RunningCoordinator
  readonly balancer: LoadBalancer
  readonly sites: readonly RunningProcess[]
}

const startSites = (federation: Federation, url?: string): readonly RunningProcess[] =>
  (['bern', 'oslo'] as const).map((name) =>
    federation.site(name, { data: data[name], ...(url === undefined ? {} : { url }) }),
  )

async function startReplicas(): Promise<Replicas> {
  const federation = newFederation()
  const store = postgres.url(`replicas_${(studies += 1)}`)
  const blobs = join(federation.folder, 'shared-blobs')
  const replica = (name: string): Promise<RunningCoordinator> =>
    federation.serve(plan, {
      stateFolder: federation.stateFolderOf(name),
      args: ['--blobs', blobs],
      env: { CONSILIUM_STORE: store },
    })
  const holder = await replica('holder')
  const other = await replica('other')
  const balancer = await newLoadBalancer([holder.port, other.port])
  return { federation, holder, other, balancer, sites: startSites(federation, balancer.url) }
}

/** The digest that the coordinator publishes, when every site has it. */
async function releasedTo(
  sites: readonly RunningProcess[],
  coordinator: RunningProcess,
): Promise<string> {
  const { sha256 } = await coordinator.event('finished')
  for (const { ended } of sites) {
    const { code, last } = await ended
    expect([code, last]).toMatchObject([0, { event: 'release', sha256 }])
  }
  return String(sha256)
}

/** Leaving is the last that is recorded of a site. */
async function everySiteLeft(coordinator: RunningProcess): Promise<void> {
  await coordinator.eventsUpTo(2, 'site-left')
}

/** Without downloads: whether one went out whole may be recorded after its site has left. */
const recorded = ({ events }: RunningProcess): readonly ProcessEvent[] =>
  events.filter(({ seq, event }) => seq !== undefined && event !== 'model-downloaded')

/** Every round was folded and committed once. */
const commitsIn = (coordinator: RunningProcess): readonly unknown[] =>
  recorded(coordinator).flatMap(({ event, round }) => (event === 'round-committed' ? [round] : []))

const inRound =
  (n: number) =>
  ({ round }: ProcessEvent): boolean =>
    round === n

if (binaries === undefined) {
  test.skip('two coordinators of one study: skipped, PostgreSQL is not installed (Debian: apt install postgresql)', () =>
    undefined)
} else {
  describe('two coordinators of one study behind a load balancer', () => {
    beforeAll(async () => {
      postgres = await startPostgres(binaries)
      data = {
        bern: await writeImages(newFolder(), 24, { seed: 1 }),
        // Takes longer: bern's update is the first.
        oslo: await writeImages(newFolder(), 72, { seed: 2 }),
      }
      const federation = newFederation()
      const alone = await federation.serve(plan)
      undisturbed = await releasedTo(startSites(federation), alone)
    }, 300_000)
    afterAll(() => postgres.stop())

    test('record the same and end with the model of one coordinator alone', async () => {
      const { holder, other, sites } = await startReplicas()
      expect(await releasedTo(sites, holder)).toBe(undisturbed)
      await Promise.all([holder, other].map(everySiteLeft))
      expect(recorded(other)).toEqual(recorded(holder))
    })

    test('the one that holds the lease is killed in mid-round: the other ends the study with the same model', async () => {
      const { holder, other, sites } = await startReplicas()
      await holder.event('update-spooled', inRound(2))
      holder.kill()
      await holder.ended
      expect(await releasedTo(sites, other)).toBe(undisturbed)
      expect(commitsIn(other)).toEqual([1, 2, 3])
    })

    test('the one without the lease is killed in mid-round: the study ends with the same model', async () => {
      const { holder, other, sites } = await startReplicas()
      await holder.event('update-spooled', inRound(2))
      other.kill()
      await other.ended
      expect(await releasedTo(sites, holder)).toBe(undisturbed)
      expect(commitsIn(holder)).toEqual([1, 2, 3])
    })

    test('one that is stopped while it folds, and wakes when another has its lease, writes nothing', async () => {
      const { holder, other, balancer, sites } = await startReplicas()
      await holder.event('round-closed', inRound(2))
      holder.signal('SIGSTOP')
      balancer.takeOut(holder.port)
      expect(await releasedTo(sites, other)).toBe(undisturbed)
      await everySiteLeft(other)
      const before = recorded(other)
      holder.signal('SIGCONT')
      await everySiteLeft(holder)
      expect(recorded(holder)).toEqual(before)
      expect(recorded(other)).toEqual(before)
      expect(holder.isAlive()).toBe(true)
      expect(commitsIn(holder)).toEqual([1, 2, 3])
    })
  })
}
