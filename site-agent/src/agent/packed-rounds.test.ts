import { existsSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import type { Frame, Frames } from '@consilium/proto'
import { parsePlan } from '@consilium/study'
import { decodePacked, decodeSafetensors, readFrom, type WireFormat } from '@consilium/weights'
import { addRound, invitation, startAgent, startCoordinator } from '../testing/agent-under-test.ts'
import { CoordinatorRefusalError } from '../errors.ts'
import { statePaths } from '../state/state-folder.ts'
import { smallPlan } from '../testing/small-plan.ts'
import { chooseFormat } from '../update/choose-format.ts'
import { settleUpdate } from './settle-update.ts'

/** One of the two values is sent. */
const format = { format: 'top-k', fraction: 0.5 } as const
const plan = parsePlan({ ...smallPlan, transfer: { formats: [format] } })

const sentIn = (bytes: Uint8Array): number[] => {
  const [values] = decodePacked(readFrom(bytes), { bytes: bytes.length, format, values: 2 })
  return [...values!]
}

async function residualIn(folder: string): Promise<number[]> {
  const { arrays } = decodeSafetensors(await readFile(path.join(folder, 'residual.safetensors')))
  return [...arrays.get('w')!.data]
}

const refusal = (code: string): Frame => ({
  kind: 'error',
  code,
  message: 'The test says so.',
  retryable: code === 'UPDATE_NOT_OFFERED',
})

const isCommit = (frame: Frame): frame is Frames['updateCommit'] => frame.kind === 'updateCommit'

test('what an update leaves unsaid goes into the next one', async () => {
  const coordinator = await startCoordinator({ plan, greeting: invitation(1) })
  const { folder, reported } = await startAgent({ coordinator })
  const sent = async (round: number): Promise<number[]> => {
    await reported('uploaded', round)
    const { updateSha256 } = coordinator.frames.filter(isCommit).at(-1)!
    return sentIn(coordinator.uploads.get(updateSha256)!)
  }
  // Training adds the number of the round to both values, and of equal ones the first is sent.
  expect(await sent(1)).toEqual([1, 0])
  expect(await coordinator.received('updateOffer')).toMatchObject({ format: 'top-k' })
  coordinator.push(invitation(2))
  expect(await sent(2)).toEqual([0, 3])
  coordinator.push(invitation(3))
  expect(await sent(3)).toEqual([5, 0])
  expect(await residualIn(folder)).toEqual([0, 3])
})

test('nothing of an update that did not count goes into the next one', async () => {
  const coordinator = await startCoordinator({
    plan,
    greeting: invitation(1),
    answer: (frame) =>
      frame.kind === 'updateCommit' && frame.round === 1
        ? refusal(coordinator.frames.some(isCommit) ? 'UPDATE_NOT_OFFERED' : 'UPDATE_WRONG_ROUND')
        : undefined,
  })
  const { reported } = await startAgent({ coordinator })
  await reported('missed')
  coordinator.push(invitation(2))
  await reported('uploaded')
  const second = coordinator.frames.filter(isCommit).at(-1)!
  expect(sentIn(coordinator.uploads.get(second.updateSha256)!)).toEqual([2, 0])
})

test('an update that counted although its ack was lost is found out about', async () => {
  const coordinator = await startCoordinator({ plan, greeting: invitation(1) })
  const { folder, reported } = await startAgent({ coordinator })
  await reported('uploaded')
  const paths = statePaths(folder)
  const acknowledge = (frame: Frame): Promise<Frame> => {
    const { round, updateSha256 } = frame as Frames['updateCommit']
    return Promise.resolve({ kind: 'updateAck', round, updateSha256 })
  }
  const refuse = (code: string) => () =>
    Promise.reject(new CoordinatorRefusalError({ code, message: '', retryable: true }))
  const left = await readFile(paths.residual)

  await rename(paths.residual, paths.nextResidual)
  await expect(settleUpdate(paths, refuse('UPDATE_BUSY'))).rejects.toThrow()
  await settleUpdate(paths, acknowledge)
  expect(await readFile(paths.residual)).toEqual(left)
  expect(existsSync(paths.nextResidual)).toBe(false)

  await rename(paths.residual, paths.nextResidual)
  await settleUpdate(paths, refuse('UPDATE_NOT_OFFERED'))
  expect(existsSync(paths.residual) || existsSync(paths.nextResidual)).toBe(false)
})

test('an agent that is started again goes on with what was left', async () => {
  const coordinator = await startCoordinator({ plan, greeting: invitation(1) })
  const first = await startAgent({ coordinator })
  await first.reported('uploaded')
  expect(await residualIn(first.folder)).toEqual([0, 1])
  first.stop()
  await expect(first.done).rejects.toThrow('stopped')
  const next = await startCoordinator({ plan, greeting: invitation(2) })
  await startAgent({ coordinator: next, stateFolder: first.folder, train: addRound })
  const { updateSha256 } = await next.received('updateCommit')
  expect(sentIn(next.uploads.get(updateSha256)!)).toEqual([0, 3])
})

test('a site takes the first format of the plan that it is willing to write', () => {
  const formats: WireFormat[] = [{ format: 'int8', block: 64 }, { format: 'float16' }]
  const both = parsePlan({ ...smallPlan, transfer: { formats } })
  expect(chooseFormat(both, ['float16', 'int8'])).toEqual(formats[0])
  expect(chooseFormat(both, ['float32', 'float16'])).toEqual(formats[1])
  expect(chooseFormat(smallPlan, ['float32', 'int8'])).toEqual({ format: 'float32' })
})

test('TRANSFER_NO_COMMON_FORMAT: a site that writes no format of the plan ends before it joins', async () => {
  const coordinator = await startCoordinator({ plan })
  const { done } = await startAgent({ coordinator, formats: ['float32'] })
  await expect(done).rejects.toMatchObject({ code: 'TRANSFER_NO_COMMON_FORMAT' })
  expect(coordinator.frames).toEqual([])
})
