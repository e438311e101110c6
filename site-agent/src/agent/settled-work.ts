/** Which finished work needs no more offering: the coordinator has acknowledged it, or refused it for good. */
import { z } from 'zod'
import { parseJson } from '../parse-json.ts'
import { readIfThere } from '../state/read-if-there.ts'
import { replaceFile } from '../state/replace-file.ts'
import type { StateFolder } from '../state/state-folder.ts'
import { findRoundWork, type RoundWork } from './round-work.ts'

type Paths = StateFolder['paths']

const settledSchema = z.object({ updateSha256: z.string() })

export const settleWork = (paths: Paths, { updateSha256 }: RoundWork): Promise<void> =>
  replaceFile(paths.settled, JSON.stringify({ updateSha256 }))

/** Finished work of this plan for another round than `round`, of which the coordinator has not heard to the end. */
export async function readOverdueWork(
  paths: Paths,
  { round, planSha256 }: Pick<RoundWork, 'round' | 'planSha256'>,
): Promise<RoundWork | undefined> {
  const settled = settledSchema.safeParse(parseJson((await readIfThere(paths.settled)) ?? '')).data
  return findRoundWork(
    paths,
    (work) =>
      work.round !== round &&
      work.planSha256 === planSha256 &&
      work.updateSha256 !== settled?.updateSha256,
  )
}
