import { EventEmitter, once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ConsiliumError } from '@consilium/errors'
import type { Frame } from '@consilium/proto'
import { encodeSafetensors } from '@consilium/weights'
import { TrainerEndedError } from '../errors.ts'
import { digestOf } from '../testing/test-coordinator.ts'
import {
  model,
  planSha256,
  invitation,
  addRound,
  startCoordinator,
  startAgent,
  type Train,
  named,
} from '../testing/agent-under-test.ts'

test('the offer says only what the protocol allows: counts and a rounded loss', async () => {
  const coordinator = await startCoordinator({ greeting: invitation(1) })
  await startAgent({ coordinator })
  const offer = await coordinator.received('updateOffer')
  expect(offer).toMatchObject({
    round: 1,
    baseSha256: digestOf(model),
    samples: 6,
    steps: 2,
    planSha256,
  })
  expect(offer.meanLoss).toBeCloseTo(1.2346, 6)
  expect(await coordinator.received('join')).toMatchObject({ site: 'oslo', imagesBucket: 4 })
})

test('everything that left is written down, with kind, round, bytes and digest', async () => {
  const coordinator = await startCoordinator({ greeting: invitation(1) })
  const { folder } = await startAgent({ coordinator })
  const { updateSha256 } = await coordinator.received('updateCommit')
  const lines = (await readFile(path.join(folder, 'left.jsonl'), 'utf8')).trim().split('\n')
  const left = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(new Set(left.map(({ kind }) => kind))).toEqual(
    new Set([
      'hello',
      'join',
      'done',
      'roundAccepted',
      'progress',
      'updateOffer',
      'update bytes',
      'updateCommit',
    ]),
  )
  const upload = coordinator.uploads.get(updateSha256)!
  expect(left.find(({ kind }) => kind === 'update bytes')).toMatchObject({
    round: 1,
    bytes: upload.length,
    sha256: updateSha256,
  })
})

test('an update that was not delivered is offered again after a restart, without training again', async () => {
  let down = true
  const coordinator = await startCoordinator({
    greeting: invitation(1),
    answer: (frame: Frame) =>
      frame.kind === 'updateOffer' && down
        ? { kind: 'error', code: 'COORDINATOR_STOPPING', message: 'Later.', retryable: true }
        : undefined,
  })
  const first = await startAgent({ coordinator })
  const { updateSha256 } = await coordinator.received('updateOffer')
  first.stop()
  await expect(first.done).rejects.toThrow('stopped')
  down = false
  const refuseToTrain: Train = () => Promise.reject(new Error('trained twice'))
  await startAgent({ coordinator, stateFolder: first.folder, train: refuseToTrain })
  expect(await coordinator.received('updateCommit')).toMatchObject({ round: 1, updateSha256 })
})

test('training goes on while the coordinator is away, and the update is delivered when it is back', async () => {
  const coordinator = await startCoordinator({ greeting: invitation(1) })
  const gate = new EventEmitter()
  const slow: Train = async (...job) => {
    gate.emit('training')
    await once(gate, 'go on')
    return addRound(...job)
  }
  const training = once(gate, 'training')
  const { events, reported } = await startAgent({ coordinator, train: slow })
  await training
  await coordinator.stop()
  await reported('waiting')
  gate.emit('go on')
  await reported('progress')
  const back = await startCoordinator({ port: coordinator.port, greeting: invitation(1) })
  expect(await back.received('updateCommit')).toMatchObject({ round: 1 })
  expect(named(events, 'round')).toHaveLength(1)
  expect(named(events, 'waiting')).toEqual([
    {
      event: 'waiting',
      reason: `the coordinator at ${coordinator.url} cannot be reached, trying again`,
    },
  ])
})

test('values that are not finite are never sent: the round is told, and the next one is trained', async () => {
  const coordinator = await startCoordinator({ greeting: invitation(1) })
  const poison: Train = async (job, ...rest) => {
    const result = await addRound(job, ...rest)
    if (job.round === 1) {
      await writeFile(
        job.updatedFile,
        encodeSafetensors(new Map([['w', { shape: [2], data: Float32Array.of(1, NaN) }]])),
      )
    }
    return result
  }
  const { events } = await startAgent({ coordinator, train: poison })
  expect(await coordinator.received('roundFailed')).toEqual({
    kind: 'roundFailed',
    round: 1,
    code: 'TRAINING_NOT_FINITE',
  })
  coordinator.push(invitation(2))
  expect(await coordinator.received('updateCommit')).toMatchObject({ round: 2 })
  expect(named(events, 'missed')).toEqual([
    { event: 'missed', round: 1, code: 'TRAINING_NOT_FINITE' },
  ])
})

test('a trainer that dies once is started again in the same round', async () => {
  const coordinator = await startCoordinator({ greeting: invitation(1) })
  let deaths = 0
  const dying: Train = (...job) => {
    deaths += 1
    return deaths === 1
      ? Promise.reject(new TrainerEndedError({ code: null, killedBy: 'SIGKILL' }))
      : addRound(...job)
  }
  await startAgent({ coordinator, train: dying })
  expect(await coordinator.received('updateCommit')).toMatchObject({ round: 1 })
})

test('training that fails ends the agent, after the round was told', async () => {
  const coordinator = await startCoordinator({ greeting: invitation(1) })
  const failing: Train = () =>
    Promise.reject(new ConsiliumError({ code: 'TRAINING_FAILED', message: 'No kernel.' }))
  const { done } = await startAgent({ coordinator, train: failing })
  await expect(done).rejects.toMatchObject({ code: 'TRAINING_FAILED' })
  expect(await coordinator.received('roundFailed')).toMatchObject({
    round: 1,
    code: 'TRAINING_FAILED',
  })
})

test('a round that closes while it is trained is given up for the next', async () => {
  const coordinator = await startCoordinator({ greeting: invitation(1) })
  const rounds: number[] = []
  const gate = new EventEmitter()
  const train: Train = (job, onEvent, signal) => {
    rounds.push(job.round)
    gate.emit('training')
    if (job.round > 1) return addRound(job, onEvent, signal)
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error)
      })
    })
  }
  const training = once(gate, 'training')
  await startAgent({ coordinator, train })
  await training
  coordinator.push(invitation(2))
  expect(await coordinator.received('updateCommit')).toMatchObject({ round: 2 })
  expect(rounds).toEqual([1, 2])
})

test('an update that comes too late is dropped and the site waits for the next round', async () => {
  const coordinator = await startCoordinator({
    greeting: invitation(1),
    answer: (frame) =>
      frame.kind === 'updateOffer' && frame.round === 1
        ? {
            kind: 'error',
            code: 'UPDATE_WRONG_ROUND',
            message: 'Round 2 is open.',
            retryable: false,
          }
        : undefined,
  })
  const { reported } = await startAgent({ coordinator })
  await reported('missed')
  coordinator.push(invitation(2))
  expect(await coordinator.received('updateCommit')).toMatchObject({ round: 2 })
})

test('an update that is refused for another reason ends the agent with that code', async () => {
  const coordinator = await startCoordinator({
    greeting: invitation(1),
    answer: (frame) =>
      frame.kind === 'updateCommit'
        ? {
            kind: 'error',
            code: 'UPDATE_SHAPE_MISMATCH',
            message: 'Wrong shapes.',
            retryable: false,
          }
        : undefined,
  })
  const { done } = await startAgent({ coordinator })
  await expect(done).rejects.toMatchObject({ code: 'UPDATE_SHAPE_MISMATCH' })
})
