/**
 * `labels.csv` in the folder of images: a header with `file` and `label`, and optionally `patient` and `split`
 * (train, validation or test). Paths are relative to the folder. An empty label means no label.
 */
import type { Split } from '@consilium/learning'
import { parseCsv, type CsvRow } from './parse-csv.ts'

export const LABELS_FILE = 'labels.csv'

type Column = 'file' | 'label' | 'patient' | 'split'

export interface LabelRow {
  /** Undefined without a label. */
  readonly label: string | undefined
  readonly patient: string | undefined
  readonly split: Split | undefined
}

export interface LabelsCsv {
  /** By path of the file, with `/`. */
  readonly rows: ReadonlyMap<string, LabelRow>
  /** True when the file has a column `split`: then nobody draws one. */
  readonly hasSplits: boolean
  readonly problems: readonly string[]
}

/** `exists` tells which files the folder has. Rows that cannot be used are reported in `problems` and left out. */
export function readLabelsCsv(text: string, exists: (file: string) => boolean): LabelsCsv {
  const [header, ...body] = parseCsv(text)
  const columns = header?.fields.map((name) => name.trim().toLowerCase()) ?? []
  const none = { rows: new Map<string, LabelRow>(), hasSplits: false }
  if (!columns.includes('file') || !columns.includes('label')) {
    return {
      ...none,
      problems: [`${LABELS_FILE} does not begin with a header that has 'file' and 'label'`],
    }
  }
  const rows = new Map<string, LabelRow>()
  const problems: string[] = []
  for (const row of body) {
    const parsed = parseRow(row, columns)
    const problem = typeof parsed === 'string' ? parsed : problemWith(parsed.file, rows, exists)
    if (problem !== undefined) problems.push(`${LABELS_FILE} line ${row.line}: ${problem}`)
    else if (typeof parsed !== 'string') rows.set(parsed.file, parsed)
  }
  return { rows, hasSplits: columns.includes('split'), problems }
}

/** A row, or what is wrong with it. */
function parseRow(
  { fields }: CsvRow,
  columns: readonly string[],
): (LabelRow & { file: string }) | string {
  if (fields.length !== columns.length)
    return `${fields.length} fields, the header has ${columns.length}`
  const value = (column: Column): string => (fields[columns.indexOf(column)] ?? '').trim()
  const split = value('split')
  if (!isSplitOrEmpty(split)) return `split '${split}' is none of train, validation, test`
  return {
    file: value('file').replaceAll('\\', '/').replace(/^\.\//, ''),
    label: value('label') || undefined,
    patient: value('patient') || undefined,
    split: split === '' ? undefined : split,
  }
}

function problemWith(
  file: string,
  rows: ReadonlyMap<string, LabelRow>,
  exists: (file: string) => boolean,
): string | undefined {
  if (rows.has(file)) return `'${file}' is there twice, the first row counts`
  return exists(file) ? undefined : `no file '${file}'`
}

const isSplitOrEmpty = (text: string): text is Split | '' =>
  ['', 'train', 'validation', 'test'].includes(text)
