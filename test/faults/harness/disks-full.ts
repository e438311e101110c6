/** Disks that are full at some moment, truly: a tmpfs of so many KiB. Whoever meets it must say so; then room is made. */
import type { Ended, RunningProcess } from '../../e2e/support/processes.ts'
import { caseOf } from './case-of.ts'
import { explain } from './explain.ts'
import type { Fault } from './fault.ts'
import { playStudy } from './play-study.ts'
import type { SmallDisk } from './small-disk.ts'
import type { Stage } from './stage.ts'
import { optionsOf, undisturbed } from './studies.ts'

/** More than any of these studies needs. */
const ROOMY_KIB = 256 * 1024

export const coordinatorDiskFull: Fault = {
  name: 'coordinator-disk-full',
  title: "the coordinator's disk is full at some moment, and has room again later",
  async cases(stage) {
    const { end } = await undisturbed(stage, 'small')
    return sizes(24, 200, 8).map((kib) => ({
      where: `after ${kib} KiB`,
      run: (own, what) => caseOf(what, end, () => fillCoordinator(own, kib)),
    }))
  },
}

export const agentDiskFull: Fault = {
  name: 'agent-disk-full',
  title: "a site's disk is full at some moment, and has room again later",
  async cases(stage) {
    const { end } = await undisturbed(stage, 'carrying')
    return sizes(4, 92, 8).map((kib) => ({
      where: `after ${kib} KiB`,
      run: (own, what) => caseOf(what, end, () => fillAgent(own, kib)),
    }))
  },
}

/** An agent waits for room, and says why. */
const NO_ROOM = /No space is left/i
const SAID_BY_AGENT = [
  ['waiting', 'reason'],
  ['notice', 'message'],
] as const

const sizes = (first: number, last: number, step: number): readonly number[] =>
  Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step)

async function fillCoordinator(stage: Stage, kib: number) {
  const disk = stage.newDisk(kib)
  const relief = relieving(disk, 'STATE_DISK_FULL')
  const played = await playStudy(stage, {
    ...optionsOf('small'),
    stateFolder: disk.folder,
    onExit: relief.onExit,
    onTrouble: (_, error) => {
      if (String(error).includes('STATE_DISK_FULL')) relief.makeRoom()
    },
  })
  return { ...played, struck: relief.hasMadeRoom() }
}

async function fillAgent(stage: Stage, kib: number) {
  const disk = stage.newDisk(kib)
  const relief = relieving(disk, 'AGENT_DISK_FULL')
  const { onExit } = relief
  const onStart = (agent: RunningProcess): void => {
    for (const [event, field] of SAID_BY_AGENT) {
      agent
        .event(event, (said) => NO_ROOM.test(String(said[field])))
        .then(relief.makeRoom, () => undefined)
    }
  }
  const options = optionsOf('carrying', { stateFolder: disk.folder, onStart, onExit })
  return { ...(await playStudy(stage, options)), struck: relief.hasMadeRoom() }
}

/** Makes room once somebody has said that there is none. */
function relieving(disk: SmallDisk, code: string) {
  let roomy = false
  const makeRoom = (): void => {
    if (!roomy) disk.grow(ROOMY_KIB)
    roomy = true
  }
  return {
    makeRoom,
    hasMadeRoom: () => roomy,
    onExit: (ended: Ended): Promise<void> => {
      if (roomy || ended.last?.['code'] !== code)
        return Promise.reject(new Error(`ended: ${explain(ended)}`))
      makeRoom()
      return Promise.resolve()
    },
  }
}
