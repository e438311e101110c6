import type { Dataset } from '@consilium/learning'
import {
  assertUsable,
  createPreflight,
  describePreflight,
  preflightCounts,
  type Findings,
} from './preflight.ts'

const dataset = (
  rows: readonly (readonly [label: number, split: 0 | 1 | 2])[],
  classes = ['clear', 'ill'],
): Dataset => ({
  size: 1,
  channels: 1,
  pixels: new Uint16Array(rows.length),
  labels: Int16Array.from(rows, ([label]) => label),
  splits: Uint8Array.from(rows, ([, split]) => split),
  classes,
})

const nothing: Findings = {
  source: 'films',
  formats: [],
  skipped: [],
  duplicates: 0,
  labelProblems: [],
}
const good = dataset([
  [0, 0],
  [1, 0],
  [-1, 0],
  [0, 2],
  [1, 2],
  [1, 1],
])

test('images are counted by class and split', () => {
  const report = createPreflight(good, { ...nothing, formats: ['PNG', 'JPEG', 'PNG'] })
  expect(report.splits).toEqual({ train: 3, validation: 1, test: 2 })
  expect(report.classes).toEqual([
    { name: 'clear', train: 1, validation: 0, test: 1 },
    { name: 'ill', train: 1, validation: 1, test: 1 },
  ])
  expect(report.unlabelled).toEqual({ train: 1, validation: 0, test: 0 })
  expect(report.formats).toEqual({ JPEG: 1, PNG: 2 })
})

test('what was skipped is grouped by reason, most frequent first, with at most 20 paths', () => {
  const skipped = [
    { reason: 'empty file', path: 'x' },
    ...Array.from({ length: 25 }, (_, i) => ({ reason: 'unreadable PNG', path: `${i}.png` })),
  ]
  const report = createPreflight(good, { ...nothing, skipped })
  expect(report.skipped.map(({ reason, count, paths }) => [reason, count, paths.length])).toEqual([
    ['unreadable PNG', 25, 20],
    ['empty file', 1, 1],
  ])
  expect(describePreflight(report)).toEqual(
    expect.arrayContaining(['  skipped 25: unreadable PNG', '    0.png', '    and 5 more']),
  )
})

test('the counts name no file', () => {
  const found = {
    ...nothing,
    skipped: [{ reason: 'empty file', path: 'secret.png' }],
    labelProblems: ["no file 'secret.png'"],
  }
  expect(JSON.stringify(preflightCounts(createPreflight(good, found)))).not.toContain('secret')
})

test.each<[string, Dataset, boolean, string]>([
  ['no images', dataset([]), false, 'DATA_NO_IMAGES'],
  [
    'one training image',
    dataset([
      [0, 0],
      [0, 2],
    ]),
    false,
    'DATA_TOO_FEW',
  ],
  [
    'no labels',
    dataset(
      [
        [-1, 0],
        [-1, 0],
      ],
      [],
    ),
    true,
    'DATA_NO_LABELS',
  ],
  [
    'no labels to test on',
    dataset([
      [0, 0],
      [1, 0],
    ]),
    true,
    'DATA_NO_LABELS',
  ],
  [
    'one class',
    dataset([
      [1, 0],
      [1, 0],
      [1, 2],
    ]),
    true,
    'DATA_ONE_CLASS',
  ],
  [
    'one class to test on',
    dataset([
      [1, 0],
      [0, 0],
      [1, 2],
    ]),
    true,
    'DATA_ONE_CLASS',
  ],
])('%s: refused', (_, data, labelsRequired, code) => {
  const report = createPreflight(data, nothing)
  expect(() => {
    assertUsable(report, { labelsRequired })
  }).toThrow(expect.objectContaining({ code }))
})

test('labels are asked for only where they are needed', () => {
  expect(() => {
    assertUsable(
      createPreflight(
        dataset(
          [
            [-1, 0],
            [-1, 0],
          ],
          [],
        ),
        nothing,
      ),
    )
  }).not.toThrow()
  expect(() => {
    assertUsable(createPreflight(good, nothing), { labelsRequired: true })
  }).not.toThrow()
})

test('an empty source says what it skipped', () => {
  const report = createPreflight(dataset([]), {
    ...nothing,
    skipped: [{ reason: 'DICOM secondary capture', path: 'a' }],
  })
  expect(() => {
    assertUsable(report)
  }).toThrow('1 × DICOM secondary capture')
})
