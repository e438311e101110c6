/** What an agent does about a disk that is full, on a real one. Needs the right to mount a file system in memory. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Frame } from '@consilium/proto'
import { DiskFullError } from '../errors.ts'
import {
  addRound,
  invitation,
  named,
  startAgent,
  startCoordinator,
  type Train,
} from '../testing/agent-under-test.ts'
import { canMountDisks, mountSmallDisk, type SmallDisk } from '../testing/small-disk.ts'
import { createLeftLog } from './left-log.ts'

const onSmallDisk = canMountDisks ? test : test.skip
const stateOn = ({ folder }: SmallDisk): string => path.join(folder, 'state')
const { message: reason } = new DiskFullError()

async function leftOf(folder: string): Promise<{ kind: string; round?: number }[]> {
  const text = await readFile(path.join(folder, 'left.jsonl'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; round?: number })
}

onSmallDisk(
  'an agent that starts on a full disk says so, and joins when there is room',
  async () => {
    const disk = mountSmallDisk()
    await disk.fill()
    const coordinator = await startCoordinator()
    const agent = await startAgent({ coordinator, stateFolder: stateOn(disk) })
    await agent.reported('waiting')
    expect(named(agent.events, 'waiting')).toEqual([{ event: 'waiting', reason }])
    await disk.makeRoom()
    await agent.reported('joined')
  },
)

onSmallDisk('a round that finds the disk full is trained when there is room', async () => {
  const disk = mountSmallDisk()
  let isFull = false
  const later: Frame = { kind: 'error', code: 'A_B', message: 'Later.', retryable: true }
  const coordinator = await startCoordinator({
    greeting: invitation(1),
    answer: (frame) => (frame.kind === 'join' && !isFull ? later : undefined),
  })
  const agent = await startAgent({ coordinator, stateFolder: stateOn(disk) })
  await coordinator.received('join')
  await disk.fill()
  isFull = true
  await agent.reported('waiting', 2)
  expect(named(agent.events, 'waiting')[1]).toEqual({ event: 'waiting', reason })
  await disk.makeRoom()
  expect(await coordinator.received('updateCommit')).toMatchObject({ round: 1 })
})

onSmallDisk(
  'an update that there is no room for waits in the trained weights, and is delivered once',
  async () => {
    const disk = mountSmallDisk()
    const coordinator = await startCoordinator({ greeting: invitation(1) })
    const fillAfterTraining: Train = async (...job) => {
      const result = await addRound(...job)
      await disk.fill()
      return result
    }
    const agent = await startAgent({
      coordinator,
      stateFolder: stateOn(disk),
      train: fillAfterTraining,
    })
    await agent.reported('waiting')
    expect(named(agent.events, 'waiting')[0]).toEqual({ event: 'waiting', reason })
    await disk.makeRoom()
    expect(await coordinator.received('updateCommit')).toMatchObject({ round: 1 })
    await agent.reported('uploaded')
    expect(named(agent.events, 'round')).toHaveLength(1)
    const left = await leftOf(agent.folder)
    expect(left.filter(({ kind }) => kind === 'update bytes')).toHaveLength(1)
  },
)

onSmallDisk('what left is written down in whole lines, or does not leave', async () => {
  const disk = mountSmallDisk()
  const left = createLeftLog(path.join(disk.folder, 'left.jsonl'), () => new Date(0))
  const content = new Uint8Array(3)
  left({ kind: 'first', content })
  await disk.fill()
  let written = 1
  const writeOn = (): void => {
    for (;;) {
      left({ kind: 'frame', content })
      written += 1
    }
  }
  expect(writeOn).toThrow(DiskFullError)
  await disk.makeRoom()
  left({ kind: 'last', content })
  const lines = await leftOf(disk.folder)
  expect(lines).toHaveLength(written + 1)
  expect(lines.at(-1)).toMatchObject({ kind: 'last' })
})
