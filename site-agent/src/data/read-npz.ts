import { readFile, stat } from 'node:fs/promises'
import { unzipSync, type UnzipFileInfo } from 'fflate'
import { DataNotFoundError, NpzFormatError } from '../errors.ts'
import { systemErrorCode } from '../state/system-error-code.ts'
import { parseNpy, type NpyArray } from './parse-npy.ts'

/** A .npz file larger than this, or that unpacks to more than this, is refused. */
export const MAX_NPZ_BYTES = 2_000_000_000
export const MAX_NPZ_UNPACKED_BYTES = 8 * 1024 ** 3

/** The arrays of a .npz file that `wanted` accepts, by name. Throws DATA_NOT_FOUND and NPZ_FORMAT. */
export async function readNpz(
  path: string,
  wanted: (name: string) => boolean,
): Promise<ReadonlyMap<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>()
  for (const [name, bytes] of unzip(path, await readBounded(path), wanted)) {
    const result = parseNpy(bytes)
    if (result.kind === 'problem')
      throw new NpzFormatError({ path, problem: `array '${name}': ${result.problem}` })
    arrays.set(name, result.array)
  }
  return arrays
}

async function readBounded(path: string): Promise<Uint8Array> {
  const info = await stat(path).catch((error: unknown) => {
    throw new DataNotFoundError({ path, problem: systemErrorCode(error) ?? String(error) })
  })
  if (!info.isFile()) throw new DataNotFoundError({ path, problem: 'it is not a file' })
  if (info.size > MAX_NPZ_BYTES) {
    throw new NpzFormatError({
      path,
      problem: `it has ${info.size} bytes, at most ${MAX_NPZ_BYTES} are read`,
    })
  }
  return await readFile(path)
}

function unzip(
  path: string,
  bytes: Uint8Array,
  wanted: (name: string) => boolean,
): [string, Uint8Array][] {
  let unpacked = 0
  const filter = ({ name, originalSize }: UnzipFileInfo): boolean => {
    if (!wanted(arrayName(name))) return false
    unpacked += originalSize
    if (unpacked <= MAX_NPZ_UNPACKED_BYTES) return true
    throw new NpzFormatError({
      path,
      problem: `it unpacks to more than ${MAX_NPZ_UNPACKED_BYTES} bytes`,
    })
  }
  try {
    return Object.entries(unzipSync(bytes, { filter })).map(([name, data]) => [
      arrayName(name),
      data,
    ])
  } catch (cause) {
    if (cause instanceof NpzFormatError) throw cause
    throw new NpzFormatError({
      path,
      problem: `it is not a whole zip archive (${(cause as Error).message})`,
    })
  }
}

const arrayName = (file: string): string => file.replace(/\.npy$/, '')
