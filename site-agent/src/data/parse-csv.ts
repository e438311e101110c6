/**
 * Rows of a CSV text (RFC 4180): commas, optional double quotes, any line ending, a byte order mark is passed over.
 * `line` counts from 1 and is where the row begins; empty lines are left out.
 */
export interface CsvRow {
  readonly line: number
  readonly fields: readonly string[]
}

/** Quoted field, bare field, or separator. An unclosed quote runs to the end of the text. */
const TOKEN = /"(?<quoted>(?:[^"]|"")*)(?:"|$)|(?<bare>[^",\r\n]+)|(?<separator>,|\r\n|\n|\r)|"/g

export function parseCsv(text: string): readonly CsvRow[] {
  const rows: CsvRow[] = []
  let fields = ['']
  let begin = 1
  let line = 1
  const endRow = (): void => {
    if (fields.length > 1 || fields[0] !== '') rows.push({ line: begin, fields })
    fields = ['']
  }
  for (const { 0: token, groups } of text.replace(/^\uFEFF/, '').matchAll(TOKEN)) {
    line += token.match(/\r\n|\n|\r/g)?.length ?? 0
    const { quoted, bare, separator } = groups as Partial<Record<string, string>>
    if (separator === ',') {
      fields.push('')
    } else if (separator !== undefined) {
      endRow()
      begin = line
    } else {
      fields.push((fields.pop() ?? '') + (quoted?.replaceAll('""', '"') ?? bare ?? ''))
    }
  }
  endRow()
  return rows
}
