/**
 * A data set on disk: `pixels.bin`, little-endian 16-bit values [N, size, size, channels], and `dataset.json`, written
 * last: without it there is no data set. The trainer process reads it; nothing in it names a file or a patient.
 */
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Dataset } from '@consilium/learning'
import { canonicalJson } from '@consilium/study'
import { sha256 } from '@consilium/weights'
import { z } from 'zod'
import { DatasetCorruptError } from '../errors.ts'
import { PRIVATE_FOLDER, replaceFile } from '../state/replace-file.ts'

const PIXELS = 'pixels.bin'
const DESCRIPTION = 'dataset.json'

/** Node reads at most 2 GiB at once. */
const READ_BYTES = 1024 ** 3

const descriptionSchema = z.object({
  schema: z.literal(1),
  size: z.int().min(1),
  channels: z.union([z.literal(1), z.literal(3)]),
  images: z.int().min(0),
  classes: z.array(z.string()),
  labels: z.array(z.int().min(-1).max(0x7fff)),
  splits: z.array(z.int().min(0).max(2)),
  pixelsSha256: z.string(),
})

/** `folder` is made if it is not there; a data set in it is replaced. */
export async function writeDataset(folder: string, dataset: Dataset): Promise<void> {
  const { size, channels, pixels, labels, splits, classes } = dataset
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)
  const description: z.infer<typeof descriptionSchema> = {
    schema: 1,
    size,
    channels,
    images: labels.length,
    classes: [...classes],
    labels: [...labels],
    splits: [...splits],
    pixelsSha256: sha256(bytes),
  }
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
  await rm(path.join(folder, DESCRIPTION), { force: true })
  await replaceFile(path.join(folder, PIXELS), bytes)
  await replaceFile(path.join(folder, DESCRIPTION), JSON.stringify(description))
}

/** Its pixels lie in memory that threads share. Throws DATA_CACHE_CORRUPT unless the data set is there and whole. */
export async function readDataset(folder: string): Promise<Dataset> {
  const { size, channels, images, classes, labels, splits, pixelsSha256 } =
    await readDescription(folder)
  const values = images * size * size * channels
  if (labels.length !== images || splits.length !== images) {
    throw new DatasetCorruptError({ folder, problem: `${DESCRIPTION} contradicts itself` })
  }
  const bytes = await readBytes(folder, values * Uint16Array.BYTES_PER_ELEMENT)
  if (sha256(bytes) !== pixelsSha256) {
    throw new DatasetCorruptError({
      folder,
      problem: `${PIXELS} is not the file that ${DESCRIPTION} describes`,
    })
  }
  return {
    size,
    channels,
    pixels: new Uint16Array(bytes.buffer, 0, values),
    labels: Int16Array.from(labels),
    splits: Uint8Array.from(splits),
    classes,
  }
}

/** Equal for equal data sets: pixels, labels and splits, in their order. Throws what `readDataset` does for the description. */
export const datasetDigest = async (folder: string): Promise<string> =>
  sha256(canonicalJson(await readDescription(folder)))

async function readDescription(folder: string): Promise<z.infer<typeof descriptionSchema>> {
  try {
    return descriptionSchema.parse(
      JSON.parse(await readFile(path.join(folder, DESCRIPTION), 'utf8')),
    )
  } catch (cause) {
    throw new DatasetCorruptError({
      folder,
      problem: `${DESCRIPTION} is missing or damaged`,
      cause,
    })
  }
}

async function readBytes(folder: string, expected: number): Promise<Uint8Array<SharedArrayBuffer>> {
  const handle = await open(path.join(folder, PIXELS), 'r')
  try {
    const { size } = await handle.stat()
    if (size !== expected) {
      throw new DatasetCorruptError({
        folder,
        problem: `${PIXELS} has ${size} bytes, expected ${expected}`,
      })
    }
    const bytes = new Uint8Array(new SharedArrayBuffer(expected))
    let offset = 0
    while (offset < expected) {
      const { bytesRead } = await handle.read(
        bytes,
        offset,
        Math.min(READ_BYTES, expected - offset),
      )
      if (bytesRead === 0)
        throw new DatasetCorruptError({ folder, problem: `${PIXELS} became shorter` })
      offset += bytesRead
    }
    return bytes
  } finally {
    await handle.close()
  }
}
