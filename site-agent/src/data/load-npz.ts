/** A data set in one .npz file, in MedMNIST's layout: `{train,val,test}_images`, `_labels` and, optionally, `_sites`. */
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { NpzUnknownSiteError } from '../errors.ts'
import { assembleDataset, assertFits, type WorkingImage } from './assemble-dataset.ts'
import { cutIntoParts } from './cut-into-parts.ts'
import type { LoadedData, LoadOptions } from './loaded-data.ts'
import { medmnistClassesOf } from './medmnist-classes.ts'
import type { DataSource, NpzSelection } from './parse-data-source.ts'
import { formatOf, npzRows, rawImageOf, type NpzRow, type NpzSplit } from './npz-rows.ts'
import { readNpzSidecar } from './npz-sidecar.ts'
import { createPreflight, type Skipped } from './preflight.ts'
import { readNpz } from './read-npz.ts'
import { toWorkingImage } from './to-working-image.ts'

const SPLITS: readonly NpzSplit[] = [
  { key: 'train', split: 'train' },
  { key: 'val', split: 'validation' },
  { key: 'test', split: 'test' },
]

/** Images converted between two looks at the clock, so that cancelling works. */
const IMAGES_PER_TURN = 256

type NpzSource = Extract<DataSource, { kind: 'npz' }>

/** Throws DATA_NOT_FOUND, DATA_TOO_LARGE, NPZ_FORMAT, NPZ_CONTENT, NPZ_UNKNOWN_SITE. */
export async function loadNpz(source: NpzSource, options: LoadOptions): Promise<LoadedData> {
  const arrays = await readNpz(source.path, (name) =>
    /^(train|val|test)_(images|labels|sites)$/.test(name),
  )
  const names = await readNpzSidecar(source.path)
  const rows = SPLITS.flatMap((split) => npzRows(source.path, arrays, split))
  const selected = selectRows(rows, source, names.sites)
  assertFits(source.text, selected.length, options.shape)
  const { images, ...found } = await convertRows(selected, options)
  const dataset = assembleDataset({
    source: source.text,
    images,
    classes: classNames(source.path, rows, names.labels),
    shape: options.shape,
  })
  const findings = { source: source.text, ...found, duplicates: 0, labelProblems: [] }
  return { dataset, report: createPreflight(dataset, findings) }
}

async function convertRows(rows: readonly NpzRow[], { shape, signal, onProgress }: LoadOptions) {
  const images: WorkingImage[] = []
  const formats: string[] = []
  const skipped: Skipped[] = []
  for (const [i, row] of rows.entries()) {
    const image = rawImageOf(row)
    if (image.samples.every(Number.isFinite)) {
      formats.push(formatOf(row))
      images.push({ pixels: toWorkingImage(image, shape), label: row.label, split: row.split })
    } else {
      skipped.push({
        reason: 'values that are not finite',
        path: `${row.key}_images[${row.index}]`,
      })
    }
    if (i % IMAGES_PER_TURN === 0) {
      await setImmediate()
      signal?.throwIfAborted()
      onProgress?.({ done: i + 1, total: rows.length })
    }
  }
  return { images, formats, skipped }
}

function selectRows(
  rows: readonly NpzRow[],
  source: NpzSource,
  siteNames?: readonly string[],
): readonly NpzRow[] {
  const { select } = source
  switch (select.kind) {
    case 'all':
      return rows
    case 'site':
      return rowsOfSite(rows, source.path, select, siteNames)
    case 'cut': {
      const labels = Int16Array.from(rows, ({ label }) => label)
      const splits = Uint8Array.from(rows, ({ split }) =>
        SPLITS.findIndex((s) => s.split === split),
      )
      return Array.from(cutIntoParts({ labels, splits }, select), (i) => rows[i]!)
    }
    default:
      select satisfies never
      throw new Error('internal: unknown selection')
  }
}

function rowsOfSite(
  rows: readonly NpzRow[],
  file: string,
  { site }: Extract<NpzSelection, { kind: 'site' }>,
  names: readonly string[] = [],
): readonly NpzRow[] {
  const present = [...new Set(rows.map((row) => row.site))]
    .filter((s) => s !== undefined)
    .sort((a, b) => a - b)
  const index = names.includes(site) ? names.indexOf(site) : /^\d+$/.test(site) ? Number(site) : -1
  if (!present.includes(index)) {
    throw new NpzUnknownSiteError({
      path: file,
      site,
      known: present.map((s) => names[s] ?? String(s)),
    })
  }
  return rows.filter((row) => row.site === index)
}

function classNames(
  file: string,
  rows: readonly NpzRow[],
  given: readonly string[] | undefined,
): readonly string[] {
  const count = rows.reduce((most, { label }) => Math.max(most, label + 1), 0)
  const names = given ?? medmnistClassesOf(path.parse(file).name) ?? []
  return Array.from({ length: Math.max(count, names.length) }, (_, i) => names[i] ?? String(i))
}
