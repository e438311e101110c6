/** docs/errors.md against the sources: whoever meets a code finds its cause and what to do. */
import { readDocument, readSources, readTableRows } from './repository.ts'

/** Code of another program's error. */
const FOREIGN = new Set([
  'SQLITE_BUSY',
  'SQLITE_CONSTRAINT',
  'SQLITE_FULL',
  'SQLITE_IOERR_SHMSIZE',
  'EAI_AGAIN',
])

/** Environment variables that are looked up by a name in a variable. */
const VARIABLES = new Set(['CONSILIUM_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'])

const rows = readTableRows(readDocument('docs/errors.md'))
const documented = rows.map(([code]) => code!)

/** Names in capitals with an underscore, unless an environment variable is looked up by them. */
function codesInSources(): Set<string> {
  const found = readSources().flatMap(({ text }) => [
    ...[...text.matchAll(/(?<!env\[)'([A-Z]+(?:_[A-Z0-9]+)+)'/g)].map(([, code]) => code!),
    ...[...text.matchAll(/code: '([A-Z]+)'/g)].map(([, code]) => code!),
  ])
  return new Set(found.filter((name) => !FOREIGN.has(name) && !VARIABLES.has(name)))
}

test('every error code in the sources is documented', () => {
  const missing = [...codesInSources()].filter((code) => !documented.includes(code))
  expect(missing).toEqual([])
})

test('no documented error code is stale', () => {
  const codes = codesInSources()
  expect(documented.filter((code) => !codes.has(code))).toEqual([])
})

test('an error code is documented once', () => {
  expect(documented).toEqual([...new Set(documented)])
})

test('every documented error code has a cause and a fix', () => {
  const incomplete = rows.filter((cells) => cells.length !== 3 || cells.includes(''))
  expect(incomplete).toEqual([])
})
