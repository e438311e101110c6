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

/** Finished work for which the coordinator has not answered, if it is wanted. */
export async function readUnsettledWork(
  paths: Paths,
  isWanted: (work: RoundWork) => boolean,
): Promise<RoundWork | undefined> {
  const settled = settledSchema.safeParse(parseJson((await readIfThere(paths.settled)) ?? '')).data
  return findRoundWork(
    paths,
    (work) => work.updateSha256 !== settled?.updateSha256 && isWanted(work),
  )
}
