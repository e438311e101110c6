/**
 * Everything an agent keeps, in one folder that only its account can read:
 *
 *     lock                  held by the running agent
 *     site.json             site name, instance id, digest of the study plan
 *     plan.json             the study plan, as received
 *     dataset/              working images
 *     model/                the global model of the round, its control variate, and downloads that are not finished
 *     checkpoint/           the round in progress, as it was after one of its steps
 *     trained.safetensors   the weights of a round that has just been trained
 *     update.safetensors, round.json    finished work of the round, until the next round's is finished
 *     settled.json          digest of the last update that the coordinator has taken or refused for good
 *     residual.safetensors  what packed updates that were delivered left unsaid: it goes into the next one
 *     residual-next.safetensors    the same, if the update that is there is delivered
 *     control.safetensors   the site's control variate after the updates that were delivered (SCAFFOLD)
 *     control-next.safetensors     the same, if the update that is there is delivered
 *     backbone.safetensors, release.json    the released backbone and its manifest, as received
 *     left.jsonl            every message and blob that left the site
 */
import { randomUUID } from 'node:crypto'
import { access, constants, mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { StateOtherStudyError, UsageError } from '../errors.ts'
import { parseJson } from '../parse-json.ts'
import { lockFolder } from './lock-folder.ts'
import { readIfThere } from './read-if-there.ts'
import { PRIVATE_FOLDER, replaceFile } from './replace-file.ts'
import { systemErrorCode } from './system-error-code.ts'

const siteSchema = z.object({ site: z.string(), instance: z.string(), planSha256: z.string() })

export const statePaths = (folder: string) => ({
  site: path.join(folder, 'site.json'),
  plan: path.join(folder, 'plan.json'),
  dataset: path.join(folder, 'dataset'),
  models: path.join(folder, 'model'),
  checkpoint: path.join(folder, 'checkpoint'),
  trained: path.join(folder, 'trained.safetensors'),
  update: path.join(folder, 'update.safetensors'),
  round: path.join(folder, 'round.json'),
  settled: path.join(folder, 'settled.json'),
  residual: path.join(folder, 'residual.safetensors'),
  nextResidual: path.join(folder, 'residual-next.safetensors'),
  control: path.join(folder, 'control.safetensors'),
  nextControl: path.join(folder, 'control-next.safetensors'),
  backbone: path.join(folder, 'backbone.safetensors'),
  release: path.join(folder, 'release.json'),
  left: path.join(folder, 'left.jsonl'),
})

export interface StateFolder {
  readonly paths: ReturnType<typeof statePaths>
  /** The id of this site's agent in this study, made once. */
  bind(study: { site: string; planSha256: string; planJson: string }): Promise<string>
  close(): Promise<void>
}

/** Makes the folder if need be and locks it. Throws AGENT_USAGE and AGENT_STATE_LOCKED. */
export async function openStateFolder(folder: string): Promise<StateFolder> {
  await makeWritable(folder)
  const lock = await lockFolder(folder)
  const paths = statePaths(folder)
  for (const kept of [folder, paths.dataset, paths.checkpoint]) await removeTemporaries(kept)
  return {
    paths,
    async bind({ site, planSha256, planJson }) {
      const known = await readSite(paths.site)
      if (known === undefined) {
        const instance = randomUUID()
        await replaceFile(paths.plan, planJson)
        await replaceFile(paths.site, JSON.stringify({ site, instance, planSha256 }))
        return instance
      }
      if (known.site !== site) {
        throw new StateOtherStudyError({ folder, what: 'site', has: known.site, wanted: site })
      }
      if (known.planSha256 !== planSha256) {
        throw new StateOtherStudyError({
          folder,
          what: 'the study with plan',
          has: known.planSha256,
          wanted: planSha256,
        })
      }
      return known.instance
    },
    close: () => lock.release(),
  }
}

async function makeWritable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
    await access(folder, constants.W_OK)
  } catch (error) {
    const expected = `a folder that this account can write to (${systemErrorCode(error) ?? 'unknown'})`
    throw new UsageError({ option: '--state', value: folder, expected })
  }
}

/** What a process that was killed had not finished writing. */
async function removeTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return []
    throw error
  })
  const temporaries = names.filter((name) => name.endsWith('.tmp'))
  await Promise.all(temporaries.map((name) => rm(path.join(folder, name), { force: true })))
}

async function readSite(file: string): Promise<z.infer<typeof siteSchema> | undefined> {
  const text = await readIfThere(file)
  return text === undefined ? undefined : siteSchema.parse(parseJson(text))
}
