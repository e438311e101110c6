import { z } from 'zod'
import { NpzFormatError } from '../errors.ts'
import { parseJson } from '../parse-json.ts'
import { readIfThere } from '../state/read-if-there.ts'

/** Names of the classes and sites of a .npz file, in the order of their indices. */
const sidecarSchema = z.object({
  labels: z.array(z.string()).optional(),
  sites: z.array(z.string()).optional(),
})

export type NpzSidecar = z.infer<typeof sidecarSchema>

export const sidecarPath = (npzFile: string): string => npzFile.replace(/\.npz$/i, '.json')

/** What stands in `<same name>.json`; empty if that file is not there. Throws NPZ_FORMAT. */
export async function readNpzSidecar(npzFile: string): Promise<NpzSidecar> {
  const file = sidecarPath(npzFile)
  const text = (await readIfThere(file)) ?? '{}'
  const parsed = sidecarSchema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new NpzFormatError({
    path: file,
    problem: "expected JSON with lists of names 'labels' and 'sites'",
  })
}
