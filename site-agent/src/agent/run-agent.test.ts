import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Frame } from '@consilium/proto'
import { applyDelta, decodeSafetensors } from '@consilium/weights'
import { smallPlan } from '../testing/small-plan.ts'
import { digestOf, TestCoordinator } from '../testing/test-coordinator.ts'
import {
  weights,
  model,
  backbone,
  planSha256,
  invitation,
  release,
  startCoordinator,
  startAgent,
  named,
} from '../testing/agent-under-test.ts'

test('a site joins, trains, delivers what training changed, and keeps the release', async () => {
  const coordinator = await startCoordinator({ greeting: invitation(1) })
  const { folder, events, done } = await startAgent({ coordinator })
  const commit = await coordinator.received('updateCommit')
  const delta = decodeSafetensors(coordinator.uploads.get(commit.updateSha256)!).arrays
  expect(applyDelta(weights(1), delta)).toEqual(
    new Map([['w', { shape: [2], data: Float32Array.of(2, 0) }]]),
  )
  coordinator.push(release())
  await done
  await coordinator.received('leave')
  expect(Buffer.compare(await readFile(path.join(folder, 'backbone.safetensors')), backbone)).toBe(
    0,
  )
  expect(await readFile(path.join(folder, 'release.json'), 'utf8')).toBe(release().manifestJson)
  expect(named(events, 'release')).toEqual([
    { event: 'release', sha256: digestOf(backbone), bytes: backbone.length },
  ])
})

test('an agent that starts before its coordinator waits, says so once, and goes on', async () => {
  const gone = await TestCoordinator.start({ plan: smallPlan })
  await gone.stop()
  const { events, reported } = await startAgent({ coordinator: gone })
  await reported('waiting')
  await startCoordinator({ port: gone.port })
  await reported('joined')
  expect(named(events, 'waiting')).toHaveLength(1)
})

test('a coordinator that goes away in the middle of the greeting is found again when it is back', async () => {
  const stopped: Promise<void>[] = []
  const first = await startCoordinator({
    answer(frame) {
      if (frame.kind === 'join') stopped.push(first.stop())
      return undefined
    },
  })
  const { reported } = await startAgent({ coordinator: first })
  await first.received('join')
  await Promise.all(stopped)
  await startCoordinator({ port: first.port })
  await reported('joined')
})

test('a page that somebody on the way answers with is waited out, and said once', async () => {
  const coordinator = await startCoordinator({ greeting: invitation(1), strays: [302, 404, 403] })
  const { events } = await startAgent({ coordinator })
  await coordinator.received('updateCommit')
  const waits = named(events, 'waiting')
  expect(waits).toHaveLength(1)
  expect(waits[0]).toMatchObject({ reason: expect.stringContaining('HTTP status 302') as string })
})

test('a site that may not join stops with the reason', async () => {
  const coordinator = await startCoordinator()
  const { done } = await startAgent({ coordinator, joinToken: 'guess' })
  await expect(done).rejects.toMatchObject({ code: 'JOIN_TOKEN_WRONG' })
})

test('a coordinator without a common protocol version is refused', async () => {
  const coordinator = await startCoordinator({
    answer: (frame) =>
      frame.kind === 'hello'
        ? { kind: 'welcome', protocol: 9, coordinatorVersion: 'future' }
        : undefined,
  })
  const { done } = await startAgent({ coordinator })
  await expect(done).rejects.toMatchObject({ code: 'PROTO_VERSION_MISMATCH' })
})

test('a plan that does not have its digest is refused before anything is trained', async () => {
  const joined: Frame = {
    kind: 'joined',
    sessionToken: 's',
    study: 'x',
    planJson: '{}',
    planSha256,
  }
  const coordinator = await startCoordinator({
    answer: (frame) => (frame.kind === 'join' ? joined : undefined),
  })
  const { done, events } = await startAgent({ coordinator })
  await expect(done).rejects.toMatchObject({ code: 'STUDY_PLAN_MISMATCH' })
  expect(named(events, 'joined')).toEqual([])
})

test('a study that is aborted ends the agent with the reason', async () => {
  const aborted: Frame = {
    kind: 'error',
    code: 'STUDY_ABORTED',
    message: 'No quorum.',
    retryable: false,
  }
  const coordinator = await startCoordinator({ greeting: aborted })
  const { done } = await startAgent({ coordinator })
  await expect(done).rejects.toMatchObject({ code: 'STUDY_ABORTED', message: 'No quorum.' })
})

test('a release with another digest, or a manifest about another model, is not kept', async () => {
  const tampered = await startCoordinator({
    tamper: (bytes) => bytes.map((x, i) => (i === 9 ? x ^ 1 : x)),
    greeting: release(),
  })
  const first = await startAgent({ coordinator: tampered })
  await expect(first.done).rejects.toMatchObject({ code: 'RELEASE_DIGEST_MISMATCH' })
  const other = await startCoordinator({ greeting: release({ sha256: digestOf(model) }) })
  const second = await startAgent({ coordinator: other })
  await expect(second.done).rejects.toMatchObject({ code: 'RELEASE_MANIFEST_MISMATCH' })
  for (const { folder } of [first, second])
    expect(await readdir(folder)).not.toContain('backbone.safetensors')
})

test('a state folder serves one site of one study', async () => {
  const coordinator = await startCoordinator({ greeting: release() })
  const first = await startAgent({ coordinator })
  await first.done
  const otherStudy = await startCoordinator({ plan: { ...smallPlan, seed: 2 } })
  const second = await startAgent({ coordinator: otherStudy, stateFolder: first.folder })
  await expect(second.done).rejects.toMatchObject({ code: 'AGENT_STATE_OTHER_STUDY' })
})
