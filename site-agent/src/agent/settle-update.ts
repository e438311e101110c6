import { ConsiliumError } from '@consilium/errors'
import type { Frame } from '@consilium/proto'
import type { StateFolder } from '../state/state-folder.ts'
import { carryOver, dropCarry, isCarryOpen } from '../update/carry-over.ts'
import { keptWork } from './round-work.ts'

/**
 * Finds out whether the last update counts, where this site has not heard: its ack may have been lost. The coordinator acknowledges
 * a commit again, also of a past round, and refuses one of an update it does not have.
 * Throws what `ask` throws when it is about the connection.
 */
export async function settleUpdate(
  paths: StateFolder['paths'],
  ask: (frame: Frame) => Promise<Frame>,
): Promise<void> {
  if (!isCarryOpen(paths)) return
  const work = await keptWork(paths)
  const counts = work !== undefined && (await isDelivered(work, ask))
  await (counts ? carryOver(paths) : dropCarry(paths))
}

async function isDelivered(
  { round, updateSha256 }: { round: number; updateSha256: string },
  ask: (frame: Frame) => Promise<Frame>,
): Promise<boolean> {
  try {
    const answer = await ask({ kind: 'updateCommit', round, updateSha256 })
    return answer.kind === 'updateAck'
  } catch (error) {
    const refused = error instanceof ConsiliumError && error.code.startsWith('UPDATE_')
    if (refused && error.code !== 'UPDATE_BUSY') return false
    throw error
  }
}
