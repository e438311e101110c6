import fc from 'fast-check'
import { sha256 } from '@consilium/weights'
import { assignSplits, type SplitInput } from './assign-splits.ts'

const image = (name: number, label: number, patient?: string): SplitInput => ({
  contentSha256: sha256(String(name)),
  label,
  patient,
})

test('three in ten images of each label are for testing', () => {
  const images = Array.from({ length: 30 }, (_, i) => image(i, i < 10 ? 0 : 1))
  const splits = assignSplits(images)
  expect(splits.slice(0, 10).filter((s) => s === 'test')).toHaveLength(3)
  expect(splits.slice(10).filter((s) => s === 'test')).toHaveLength(6)
})

test('a label with two images is in both splits, images without a label train', () => {
  expect(assignSplits([image(1, 0), image(2, 0)]).toSorted()).toEqual(['test', 'train'])
  expect(assignSplits([image(1, 0), image(2, -1), image(3, -1)])).toEqual([
    'train',
    'train',
    'train',
  ])
})

const anyImages = fc.array(
  fc.record({
    contentSha256: fc.integer({ min: 0, max: 60 }).map((x) => sha256(String(x))),
    label: fc.integer({ min: -1, max: 3 }),
    patient: fc.option(fc.constantFrom('p1', 'p2', 'p3', 'p4', 'p5', 'p6'), { nil: undefined }),
  }),
)

test('no patient and no file is in two splits', () => {
  fc.assert(
    fc.property(anyImages, (images) => {
      const splits = assignSplits(images)
      const seen = new Map<string, string>()
      images.forEach(({ patient, contentSha256 }, i) => {
        const group = patient ?? contentSha256
        expect(seen.get(group) ?? splits[i]).toBe(splits[i])
        seen.set(group, splits[i]!)
      })
    }),
  )
})

test('the order of the images changes nothing', () => {
  fc.assert(
    fc.property(anyImages, (images) => {
      expect(assignSplits(images.toReversed()).toReversed()).toEqual(assignSplits(images))
    }),
  )
})
