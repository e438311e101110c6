import fc from 'fast-check'
import { parseCsv } from './parse-csv.ts'

test('fields may be quoted, lines may end in any way, empty lines are left out', () => {
  expect(parseCsv('\uFEFFfile,label\r\n"a,b.png","say ""x"""\n\n"two\nlines",\rlast')).toEqual([
    { line: 1, fields: ['file', 'label'] },
    { line: 2, fields: ['a,b.png', 'say "x"'] },
    { line: 4, fields: ['two\nlines', ''] },
    { line: 6, fields: ['last'] },
  ])
})

test('what is written as CSV is read back', () => {
  const quote = (field: string): string => `"${field.replaceAll('"', '""')}"`
  fc.assert(
    fc.property(fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 4 })), (rows) => {
      const text = rows.map((fields) => fields.map(quote).join(',')).join('\n')
      expect(parseCsv(`\uFEFF${text}`).map(({ fields }) => fields)).toEqual(rows)
    }),
  )
})
