/** docs/limits.md against the sources: a cap that is not written down surprises somebody at night. */
import { readDocument, readSources, readTableRows } from './repository.ts'

/** How caps are named: MAX_..., MIN_..., ..._BYTES, ..._MS. */
const CAP = /^(?:export )?const ((?:MAX|MIN)_[A-Z_]+|(?:[A-Z]+_)*(?:BYTES|MS)) = /gm

const rows = readTableRows(readDocument('docs/limits.md'))

/** The demonstration's own time limits bound nothing of the product. */
const sources = readSources().filter(({ path }) => !path.startsWith('test/'))

test('every cap in the sources is documented with its file', () => {
  const caps = sources.flatMap(({ path, text }) =>
    [...text.matchAll(CAP)].map(([, name]) => `${name!} in ${path}`),
  )
  const documented = rows.map(([name, , file]) => `${name!} in ${file!}`)
  expect(caps.filter((cap) => !documented.includes(cap))).toEqual([])
})

test('every documented cap has the value that its file gives it', () => {
  const texts = new Map(sources.map(({ path, text }) => [path, text]))
  const wrong = rows.filter(
    ([name, value, file]) => texts.get(file!)?.includes(`const ${name!} = ${value!}\n`) !== true,
  )
  expect(wrong).toEqual([])
})

test('every documented cap has a reason', () => {
  const incomplete = rows.filter((cells) => cells.length !== 4 || cells.includes(''))
  expect(incomplete).toEqual([])
})
