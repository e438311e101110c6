/** What a site does with control variates from round to round; its trainer only adds the number of the round. */
import { existsSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import { reachOf } from '@consilium/learning/control-variate'
import type { Frame, Frames } from '@consilium/proto'
import { parsePlan } from '@consilium/study'
import { decodeSafetensors, encodeSafetensors } from '@consilium/weights'
import {
  addRound,
  backbone,
  invitation,
  model,
  startAgent,
  startCoordinator,
  weights,
  type Train,
} from '../testing/agent-under-test.ts'
import { statePaths } from '../state/state-folder.ts'
import { smallPlan } from '../testing/small-plan.ts'
import type { TrainJob } from '../training/trainer.ts'

const plan = parsePlan({ ...smallPlan, aggregation: { rule: 'scaffold', serverLearningRate: 1 } })
/** c is (8, -8). */
const global = encodeSafetensors(weights(8))
const blobs = [model, backbone, global]

const valuesIn = async (file: string): Promise<number[]> => [
  ...decodeSafetensors(await readFile(file)).arrays.get('w')!.data,
]

/** What the trainer is told of control variates, in the order of its jobs. */
function watched(): { train: Train; controls: (readonly number[] | undefined)[][] } {
  const controls: (readonly number[] | undefined)[][] = []
  const read = (file?: string) => (file === undefined ? undefined : valuesIn(file))
  const note = async ({ control }: TrainJob): Promise<void> => {
    controls.push([await read(control!.own), await read(control!.global)])
  }
  return {
    controls,
    train: async (...job) => {
      await note(job[0])
      return addRound(...job)
    },
  }
}

/** c_i - c - delta / reach, where both steps of a round moved every weight by its number in all. */
const after = (round: number, [own, c]: [readonly number[], readonly number[]]): number[] =>
  own.map((value, i) => Math.fround(value - c[i]! - round / reachOf(plan, { round, steps: 2 })))

const isCommit = (frame: Frame): frame is Frames['updateCommit'] => frame.kind === 'updateCommit'

const refusal: Frame = {
  kind: 'error',
  code: 'UPDATE_WRONG_ROUND',
  message: 'The test says so.',
  retryable: false,
}

test('a control variate begins at zero, follows what was delivered, and corrects the next round', async () => {
  const coordinator = await startCoordinator({ plan, blobs, greeting: invitation(1) })
  const { train, controls } = watched()
  const { folder, reported } = await startAgent({ coordinator, train })
  await reported('uploaded')
  const { control } = statePaths(folder)
  const first = after(1, [
    [0, 0],
    [0, 0],
  ])
  expect(await valuesIn(control)).toEqual(first)
  coordinator.push(invitation(2, model, global))
  await reported('uploaded', 2)
  expect(controls).toEqual([
    [undefined, undefined],
    [first, [8, -8]],
  ])
  expect(await valuesIn(control)).toEqual(after(2, [first, [8, -8]]))
  expect(await coordinator.received('updateOffer', 2)).toMatchObject({ format: 'float32' })
})

test('an update that did not count moves no control variate', async () => {
  const coordinator = await startCoordinator({
    ...{ plan, blobs, greeting: invitation(1) },
    answer: (frame) => (isCommit(frame) && frame.round === 1 ? refusal : undefined),
  })
  const { train, controls } = watched()
  const { folder, reported } = await startAgent({ coordinator, train })
  await reported('missed')
  coordinator.push(invitation(2, model, global))
  await reported('uploaded')
  expect(controls[1]).toEqual([undefined, [8, -8]])
  const zero = [0, 0]
  expect(await valuesIn(statePaths(folder).control)).toEqual(after(2, [zero, [8, -8]]))
})

test('an agent that ended before it heard of its update finds out, and goes on as if it had', async () => {
  const before = await startCoordinator({ plan, blobs, greeting: invitation(1) })
  const first = await startAgent({ coordinator: before })
  await first.reported('uploaded')
  first.stop()
  await expect(first.done).rejects.toThrow('stopped')
  const { control, nextControl } = statePaths(first.folder)
  const kept = await valuesIn(control)
  // As a crash after the coordinator's journal entry and before the ack leaves it.
  await rename(control, nextControl)

  const coordinator = await startCoordinator({
    plan,
    blobs,
    greeting: invitation(2, model, global),
  })
  const { train, controls } = watched()
  const { reported } = await startAgent({ coordinator, train, stateFolder: first.folder })
  await reported('uploaded')
  expect(coordinator.frames.filter(isCommit).map(({ round }) => round)).toEqual([1, 2])
  expect(controls).toEqual([[kept, [8, -8]]])
  expect(await valuesIn(control)).toEqual(after(2, [kept, [8, -8]]))
  expect(existsSync(nextControl)).toBe(false)
})
