/**
 * Checkpoints of a round in progress on disk: one safetensors file with the state's tensors and, as its metadata, how far the
 * round is and what the checkpoint belongs to. The file's name is its SHA-256, so a file that is half written or damaged is
 * known for what it is; a new one is there before the old one goes.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { RoundCheckpoint } from '@consilium/learning'
import { canonicalJson } from '@consilium/study'
import { decodeSafetensors, encodeSafetensors, sha256 } from '@consilium/weights'
import { z } from 'zod'
import { parseJson } from '../parse-json.ts'
import { PRIVATE_FOLDER, replaceFile } from '../state/replace-file.ts'
import { systemErrorCode } from '../state/system-error-code.ts'

const SUFFIX = '.safetensors'

/** All that decides the bits of the steps that follow, besides the state itself. */
export interface CheckpointKey {
  readonly round: number
  /** SHA-256 of the round's global model. */
  readonly base: string
  /** Digests of the control variates that gradients are corrected by; empty without. */
  readonly control: string
  readonly plan: string
  readonly site: string
  readonly data: string
  /** How the step was cut into shards, and the operators chosen. */
  readonly choice: string
  /** Versions of the agent, of Node and of ONNX Runtime, and the processor. */
  readonly code: string
}

const WORDS: Readonly<Record<keyof CheckpointKey, string>> = {
  round: 'round',
  base: 'global model',
  control: 'control variate',
  plan: 'study plan',
  site: 'site name',
  data: 'data set',
  choice: 'number of threads or cut of the training step',
  code: 'version of the agent, of Node or of ONNX Runtime, or processor',
}

const metadataSchema = z.object({
  key: z.string(),
  step: z.coerce.number<string>().int().min(1),
  lossSum: z.coerce.number<string>(),
})
const keySchema = z.object({
  round: z.number(),
  base: z.string(),
  control: z.string().default(''),
  plan: z.string(),
  site: z.string(),
  data: z.string(),
  choice: z.string(),
  code: z.string(),
})

export type FoundCheckpoint =
  | { readonly kind: 'none' }
  | { readonly kind: 'usable'; readonly checkpoint: RoundCheckpoint }
  /** `reason` says, for a person, why the round is trained from its beginning. */
  | { readonly kind: 'unusable'; readonly reason: string }

/** Replaces the checkpoint in `folder`, which is made if it is not there. */
export async function writeCheckpoint(
  folder: string,
  key: CheckpointKey,
  { step, lossSum, state }: RoundCheckpoint,
): Promise<void> {
  const content = encodeSafetensors(state, {
    key: canonicalJson(key),
    step: String(step),
    lossSum: String(lossSum),
  })
  const name = `${sha256(content)}${SUFFIX}`
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
  await replaceFile(path.join(folder, name), content)
  const others = (await filesIn(folder)).filter((other) => other !== name)
  await Promise.all(others.map((other) => rm(path.join(folder, other), { force: true })))
}

export const removeCheckpoints = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true })

/** The furthest whole checkpoint in `folder` that belongs to `key`. One of another round is of no interest: `none`. */
export async function readCheckpoint(folder: string, key: CheckpointKey): Promise<FoundCheckpoint> {
  const found: FoundCheckpoint[] = []
  for (const name of await filesIn(folder)) {
    found.push(inspect(name, await readFile(path.join(folder, name)), key))
  }
  const usable = found.filter(({ kind }) => kind === 'usable') as Usable[]
  usable.sort((a, b) => b.checkpoint.step - a.checkpoint.step)
  return usable[0] ?? found.find(({ kind }) => kind === 'unusable') ?? { kind: 'none' }
}

type Usable = FoundCheckpoint & { kind: 'usable' }

function inspect(name: string, content: Uint8Array, key: CheckpointKey): FoundCheckpoint {
  if (name !== `${sha256(content)}${SUFFIX}`) return unusable('its file is damaged')
  const { arrays, metadata } = decodeSafetensors(content)
  const read = metadataSchema.safeParse(metadata).data
  const made = keySchema.safeParse(parseJson(read?.key ?? '')).data
  if (read === undefined || made === undefined)
    return unusable('it was made by another version of the agent')
  if (made.round !== key.round || made.base !== key.base) return { kind: 'none' }
  const other = (Object.keys(WORDS) as (keyof CheckpointKey)[]).find(
    (field) => made[field] !== key[field],
  )
  if (other !== undefined) return unusable(`it was made with another ${WORDS[other]}`)
  const { step, lossSum } = read
  return { kind: 'usable', checkpoint: { step, lossSum, state: arrays } }
}

const unusable = (reason: string): FoundCheckpoint => ({ kind: 'unusable', reason })

async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(SUFFIX))
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return []
    throw error
  }
}
