/**
 * A data set in a folder of image files. Labels come from `labels.csv` where it is there, otherwise from the name of
 * the immediate sub-folder. The result depends on the content of the files and on their labels only: not on the
 * order of a directory, nor on names within a class, nor on times.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Split } from '@consilium/learning'
import { assembleDataset, assertFits } from './assemble-dataset.ts'
import { assignSplits } from './assign-splits.ts'
import { convertFile, type ConvertedImage } from './convert-file.ts'
import { listFolder, type ListedFile } from './list-folder.ts'
import type { LoadedData, LoadOptions } from './loaded-data.ts'
import type { DataSource } from './parse-data-source.ts'
import { createPreflight, type Skipped } from './preflight.ts'
import { LABELS_FILE, readLabelsCsv, type LabelRow, type LabelsCsv } from './read-labels-csv.ts'

/** Name of a sub-folder for images without a label. */
export const UNLABELLED_FOLDER = 'unlabelled'

/** Decoded images held at the same time, each at its full resolution. */
const FILES_AT_ONCE = 2

type FolderSource = Extract<DataSource, { kind: 'folder' }>

/** Throws DATA_NOT_FOUND and DATA_TOO_LARGE. A file that cannot be read is in the report, with the reason. */
export async function loadFolder(source: FolderSource, options: LoadOptions): Promise<LoadedData> {
  const listing = await listFolder(source.path)
  const files = listing.files.filter((file) => file.path !== LABELS_FILE)
  const csv = files.length < listing.files.length ? await readCsv(source.path, files) : undefined
  const converted = await convertFiles(source, files, options)
  const images = converted.images.map((image) => ({ ...image, ...labelOf(image.path, csv) }))
  const { kept, duplicates, problems } = dropDuplicates(images)
  const classes = [...new Set(kept.flatMap(({ label }) => label ?? []))].sort()
  const labelled = kept.map((image) => ({
    ...image,
    label: image.label === undefined ? -1 : classes.indexOf(image.label),
  }))
  const splits = csv?.hasSplits
    ? labelled.map(({ split }) => split ?? 'train')
    : assignSplits(labelled)
  const dataset = assembleDataset({
    source: source.text,
    images: labelled.map((image, i) => ({ ...image, split: splits[i]! })),
    classes,
    shape: options.shape,
  })
  const report = createPreflight(dataset, {
    source: source.text,
    formats: kept.map(({ format }) => format),
    skipped: [...listing.skipped, ...converted.skipped],
    duplicates,
    labelProblems: [...(csv?.problems ?? []), ...problems, ...straddling(labelled, splits)],
  })
  return { dataset, report }
}

type LabelledImage = ConvertedImage & LabelRow

async function readCsv(folder: string, files: readonly ListedFile[]): Promise<LabelsCsv> {
  const known = new Set(files.map((file) => file.path))
  const text = await readFile(path.join(folder, LABELS_FILE), 'utf8')
  return readLabelsCsv(text, (file) => known.has(file))
}

async function convertFiles(
  { text, path: root }: FolderSource,
  files: readonly ListedFile[],
  { shape, onProgress, signal }: LoadOptions,
): Promise<{ images: ConvertedImage[]; skipped: Skipped[] }> {
  const images: ConvertedImage[] = []
  const skipped: Skipped[] = []
  const queue = files.values()
  let done = 0
  const worker = async (): Promise<void> => {
    for (const file of queue) {
      signal?.throwIfAborted()
      const converted = await convertFile(root, file, shape)
      images.push(...converted.images)
      skipped.push(...converted.skipped)
      assertFits(text, images.length, shape)
      done += 1
      onProgress?.({ done, total: files.length })
    }
  }
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, worker))
  return { images, skipped }
}

const NO_LABEL: LabelRow = { label: undefined, patient: undefined, split: undefined }

function labelOf(file: string, csv: LabelsCsv | undefined): LabelRow {
  if (csv !== undefined) return csv.rows.get(file) ?? NO_LABEL
  const [folder, ...rest] = file.split('/')
  return rest.length === 0 || folder === UNLABELLED_FOLDER
    ? NO_LABEL
    : { ...NO_LABEL, label: folder }
}

/** Sorted by content; of several copies of one image the labelled one with the first path stays. */
function dropDuplicates(images: readonly LabelledImage[]) {
  const order = [...images].sort(
    (a, b) =>
      compare(a.imageSha256, b.imageSha256) ||
      Number(a.label === undefined) - Number(b.label === undefined) ||
      compare(a.path, b.path),
  )
  const kept: LabelledImage[] = []
  const problems: string[] = []
  for (const image of order) {
    const first = kept.at(-1)
    if (first?.imageSha256 !== image.imageSha256) kept.push(image)
    else if (image.label !== undefined && image.label !== first.label) {
      problems.push(`'${image.path}' is the same image as '${first.path}' with another label`)
    }
  }
  return { kept, duplicates: order.length - kept.length, problems }
}

/** Patients that a `split` column puts into two splits. */
function straddling(
  images: readonly Pick<LabelRow, 'patient'>[],
  splits: readonly Split[],
): string[] {
  const seen = new Map<string, Split>()
  const problems = new Set<string>()
  images.forEach(({ patient }, i) => {
    if (patient === undefined) return
    const first = seen.get(patient) ?? splits[i]!
    seen.set(patient, first)
    if (first !== splits[i])
      problems.add(`patient '${patient}' is in the splits ${first} and ${splits[i]!}`)
  })
  return [...problems]
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
