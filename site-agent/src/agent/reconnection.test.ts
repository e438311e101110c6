/** What an agent does about a network that fails, with a proxy between it and its coordinator. */
import { EventEmitter, once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Frame } from '@consilium/proto'
import {
  addRound,
  invitation,
  named,
  networkBefore,
  startAgent,
  startCoordinator,
  type Train,
} from '../testing/agent-under-test.ts'
import type { TestCoordinator } from '../testing/test-coordinator.ts'

/** A trainer that waits before it begins, once for every `goOn`, until its job is stopped. */
function gated() {
  const gate = new EventEmitter()
  let permits = 0
  const train: Train = async (job, onEvent, signal) => {
    gate.emit('training')
    while (permits === 0) await once(gate, 'go on', { signal })
    permits -= 1
    return addRound(job, onEvent, signal)
  }
  const goOn = (): void => {
    permits += 1
    gate.emit('go on')
  }
  return { train, begins: once(gate, 'training'), goOn }
}

const instancesOf = ({ frames }: TestCoordinator): ReadonlySet<string> =>
  new Set(frames.flatMap((frame) => (frame.kind === 'join' ? [frame.instance] : [])))

test('a network that is down for the whole training costs nothing: the update is delivered when it is back', async () => {
  const coordinator = await startCoordinator({ greeting: invitation(1) })
  const network = await networkBefore(coordinator)
  const { train, begins, goOn } = gated()
  const { events, reported } = await startAgent({ coordinator: network, train })
  await begins
  await network.cut()
  await reported('waiting')
  goOn()
  await reported('progress')
  expect(coordinator.frames.some(({ kind }) => kind === 'updateOffer')).toBe(false)
  await network.mend()
  expect(await coordinator.received('updateCommit')).toMatchObject({ round: 1 })
  expect(named(events, 'round')).toHaveLength(1)
  expect(instancesOf(coordinator).size).toBe(1)
})

test('a connection that went silent is given up, and made again under the same identity', async () => {
  const coordinator = await startCoordinator({ heartbeatMs: 200 })
  const network = await networkBefore(coordinator)
  const { reported } = await startAgent({ coordinator: network })
  await reported('joined')
  network.goSilent()
  await reported('waiting')
  await coordinator.received('join', 2)
  expect(instancesOf(coordinator).size).toBe(1)
})

test('an acknowledgement that is lost is asked for again: nothing is sent or trained twice', async () => {
  const coordinator = await startCoordinator()
  const network = await networkBefore(coordinator)
  const { events, reported, folder } = await startAgent({ coordinator: network })
  // Only the acknowledgement of a commit holds the digest of an update.
  const known = [invitation(1).baseSha256]
  network.loseAnswer((piece) =>
    (piece.toString('latin1').match(/[0-9a-f]{64}/g) ?? []).some(
      (digest) => !known.includes(digest) && coordinator.uploads.has(digest),
    ),
  )
  await coordinator.received('join')
  coordinator.push(invitation(1))
  await coordinator.received('updateCommit', 2)
  await reported('uploaded')
  expect(named(events, 'round')).toHaveLength(1)
  expect(named(events, 'uploaded')).toHaveLength(1)
  const left = await readFile(path.join(folder, 'left.jsonl'), 'utf8')
  expect(left.match(/"update bytes"/g)).toHaveLength(1)
})

test.each([
  ['forward', 3_600_000],
  ['back', -3_600_000],
])(
  'a clock that jumps an hour %s during a round changes nothing: the update is delivered once, by the same agent',
  async (_, jumpMs) => {
    const coordinator = await startCoordinator({ heartbeatMs: 200 })
    const { train, begins, goOn } = gated()
    const { events, reported } = await startAgent({ coordinator, train })
    await coordinator.received('join')
    coordinator.push(invitation(1))
    await begins
    const clock = Date.now
    try {
      Date.now = () => clock() + jumpMs
      goOn()
      expect(await coordinator.received('updateCommit')).toMatchObject({ round: 1 })
      await reported('uploaded')
    } finally {
      Date.now = clock
    }
    expect(named(events, 'round')).toHaveLength(1)
    expect(named(events, 'uploaded')).toHaveLength(1)
    expect(instancesOf(coordinator).size).toBe(1)
  },
)

test('a coordinator that puts the join off is asked again, later each time', async () => {
  let refusals = 2
  const later: Frame = {
    kind: 'error',
    code: 'COORDINATOR_STOPPING',
    message: 'Later.',
    retryable: true,
  }
  const coordinator = await startCoordinator({
    answer(frame) {
      if (frame.kind !== 'join' || refusals === 0) return undefined
      refusals -= 1
      return later
    },
  })
  const { reported } = await startAgent({ coordinator })
  await reported('joined')
  expect(coordinator.frames.filter(({ kind }) => kind === 'join')).toHaveLength(3)
  expect(instancesOf(coordinator).size).toBe(1)
})

describe('a round that closes while its finished update waits for the network', () => {
  async function comeBackLate(answer: (frame: Frame) => Frame | undefined) {
    const first = await startCoordinator({ greeting: invitation(1) })
    const { train, begins, goOn } = gated()
    const agent = await startAgent({ coordinator: first, train })
    await begins
    await first.stop()
    goOn()
    await agent.reported('progress')
    const second = await startCoordinator({ port: first.port, greeting: invitation(2), answer })
    return { agent, second, goOn }
  }
  const offersOf = ({ frames }: TestCoordinator): number[] =>
    frames.flatMap((frame) => (frame.kind === 'updateOffer' ? [frame.round] : []))

  test('is offered that update once, and the next round is trained when it is refused', async () => {
    const { agent, second, goOn } = await comeBackLate((frame) =>
      frame.kind === 'updateOffer' && frame.round === 1
        ? { kind: 'error', code: 'UPDATE_WRONG_ROUND', message: 'Over.', retryable: false }
        : undefined,
    )
    await second.received('roundAccepted')
    goOn()
    expect(await second.received('updateCommit')).toMatchObject({ round: 2 })
    expect(new Set(offersOf(second))).toEqual(new Set([1, 2]))
    expect(named(agent.events, 'missed')).toEqual([
      { event: 'missed', round: 1, code: 'UPDATE_WRONG_ROUND' },
    ])
    second.push(invitation(3))
    await second.received('roundAccepted', 2)
    goOn()
    await second.received('updateCommit', 2)
    expect(offersOf(second).slice(offersOf(second).indexOf(2))).not.toContain(1)
  })

  test('may take it all the same', async () => {
    const { agent, second, goOn } = await comeBackLate(() => undefined)
    expect(await second.received('updateCommit')).toMatchObject({ round: 1 })
    await second.received('roundAccepted')
    goOn()
    expect(await second.received('updateCommit', 2)).toMatchObject({ round: 2 })
    await agent.reported('uploaded', 2)
    expect(named(agent.events, 'uploaded').map(({ round }) => round)).toEqual([1, 2])
  })
})

test('an update of an earlier round is offered after a restart, too', async () => {
  const coordinator = await startCoordinator({
    greeting: invitation(1),
    answer: (frame) =>
      frame.kind === 'updateOffer'
        ? { kind: 'error', code: 'COORDINATOR_STOPPING', message: 'Later.', retryable: true }
        : undefined,
  })
  const first = await startAgent({ coordinator })
  await coordinator.received('updateOffer')
  first.stop()
  await expect(first.done).rejects.toThrow('stopped')
  const next = await startCoordinator({ greeting: invitation(2) })
  await startAgent({ coordinator: next, stateFolder: first.folder })
  expect(await next.received('updateCommit')).toMatchObject({ round: 1 })
  expect(await next.received('updateCommit', 2)).toMatchObject({ round: 2 })
})

test('a damaged mark of what was settled only costs one more offer', async () => {
  const coordinator = await startCoordinator({ greeting: invitation(1) })
  const first = await startAgent({ coordinator })
  await first.reported('uploaded')
  first.stop()
  await expect(first.done).rejects.toThrow('stopped')
  await writeFile(path.join(first.folder, 'settled.json'), '{"upd')
  const next = await startCoordinator({ greeting: invitation(2) })
  await startAgent({ coordinator: next, stateFolder: first.folder })
  expect(await next.received('updateCommit', 2)).toMatchObject({ round: 2 })
})
