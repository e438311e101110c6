import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AggregationPlan } from '@consilium/study'
import { decodeSafetensors, encodeSafetensors, type NamedArrays } from '@consilium/weights'
import type { BlobStore } from '../blobs/blob-store.ts'
import { openFileBlobStore } from '../blobs/file-blob-store.ts'
import { sgd } from '../testing/plain-sgd.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import { storeWeights, twoTensors } from '../testing/stored-weights.ts'
import type { FoldRequest } from './fold-request.ts'
import { foldRound, type FoldedRound } from './fold-round.ts'

const folder = useStateFolder()

let blobs: BlobStore
beforeEach(async () => {
  blobs = await openFileBlobStore(join(folder(), 'blobs'))
})

const store = (name: string, arrays: NamedArrays, metadata = {}) =>
  storeWeights(folder(), name, { arrays, metadata })

const fresh = { samples: 1, steps: 1 }

const fold = (
  request: Pick<FoldRequest, 'base' | 'parameters' | 'updates'> & Partial<FoldRequest>,
  signal = new AbortController().signal,
): Promise<FoldedRound> =>
  foldRound(
    {
      aggregation: { rule: 'fedavg', weighting: 'samples' },
      ...{ optimiser: sgd, stalenessExponent: 0 },
      ...request,
    },
    { blobs, signal },
  )

test('adds the deltas weighted by their share of the samples, into a blob with the header of the base', async () => {
  const base = store('base', twoTensors([1, 2], [3]))
  const updates = [
    { site: 'x', ...fresh, samples: 30, ...store('x', twoTensors([4, 0], [-4])) },
    { site: 'y', ...fresh, samples: 10, ...store('y', twoTensors([0, 8], [4]), { agent: 'b' }) },
  ]
  const { model, contributions } = await fold({ base, parameters: 3, updates })
  const expected = encodeSafetensors(twoTensors([1 + 3, 2 + 2], [3 - 3 + 1]))
  expect(Buffer.from(await blobs.read(model.sha256))).toEqual(Buffer.from(expected))
  // The aggregate is (3, 2, -2).
  const length = Math.sqrt(9 + 4 + 4)
  expect(contributions).toEqual([
    {
      ...{ site: 'x', weight: 0.75, norm: Math.sqrt(32) },
      cosine: expect.closeTo((4 * 3 + 4 * 2) / (Math.sqrt(32) * length), 12),
    },
    {
      ...{ site: 'y', weight: 0.25, norm: Math.sqrt(80) },
      cosine: expect.closeTo((8 * 2 - 4 * 2) / (Math.sqrt(80) * length), 12),
    },
  ])
})

test('the result is rounded once, not at every site', async () => {
  const tiny = 2 ** -24
  const base = store('base', twoTensors([1], []))
  const updates = ['x', 'y'].map((site) => ({
    site,
    ...fresh,
    ...store(site, twoTensors([2 * tiny], [])),
  }))
  const { model } = await fold({ base, parameters: 1, updates })
  const { arrays } = decodeSafetensors(await blobs.read(model.sha256))
  expect(arrays.get('a')!.data[0]).toBe(1 + 2 * tiny)
})

test('a bit that flipped on disk is found out before anything is published', async () => {
  const base = store('base', twoTensors([1], [2]))
  const update = store('x', twoTensors([1], [2]))
  store('x', twoTensors([1], [2.5]))
  const run = fold({ base, parameters: 2, updates: [{ site: 'x', ...fresh, ...update }] })
  await expect(run).rejects.toMatchObject({ code: 'BLOB_CORRUPT' })
  expect(readdirSync(join(folder(), 'blobs', 'temporary'))).toEqual([])
})

test('a file that lost its end is found out', async () => {
  const base = store('base', twoTensors([1], [2]))
  const update = store('x', twoTensors([1], [2]))
  writeFileSync(update.path, 'short')
  const run = fold({ base, parameters: 2, updates: [{ site: 'x', ...fresh, ...update }] })
  await expect(run).rejects.toMatchObject({ code: 'BLOB_CORRUPT' })
})

test('an average beyond float32 is refused', async () => {
  const base = store('base', twoTensors([3e38], []))
  const update = { site: 'x', ...fresh, ...store('x', twoTensors([3e38], [])) }
  await expect(fold({ base, parameters: 1, updates: [update] })).rejects.toMatchObject({
    code: 'AVERAGE_NOT_FINITE',
  })
  expect(readdirSync(join(folder(), 'blobs', 'temporary'))).toEqual([])
})

test('an update that is not finite is refused even where its weight is lost in rounding', async () => {
  const base = store('base', twoTensors([1], []))
  const updates = [
    { site: 'x', ...fresh, ...store('x', twoTensors([1], [])) },
    { site: 'y', ...fresh, ...store('y', twoTensors([NaN], [])) },
  ]
  await expect(fold({ base, parameters: 1, updates })).rejects.toMatchObject({
    code: 'AVERAGE_NOT_FINITE',
  })
})

test('a fold that is given up ends its threads and leaves no file', async () => {
  const base = store('base', twoTensors([1], []))
  const update = { site: 'x', ...fresh, ...store('x', twoTensors([1], [])) }
  const stopping = new AbortController()
  const run = fold({ base, parameters: 1, updates: [update] }, stopping.signal)
  stopping.abort()
  await expect(run).rejects.toBe(stopping.signal.reason)
  expect(readdirSync(join(folder(), 'blobs', 'temporary'))).toEqual([])
})

test('more sites than files may be open at once are folded', async () => {
  const base = store('base', twoTensors([0], [0]))
  const updates = Array.from({ length: 300 }, (_, i) => ({
    site: `site-${i}`,
    ...fresh,
    ...store(`site-${i}`, twoTensors([i], [1])),
  }))
  const { model } = await fold({ base, parameters: 2, updates })
  const { arrays } = decodeSafetensors(await blobs.read(model.sha256))
  expect([arrays.get('a')!.data[0], arrays.get('b')!.data[0]]).toEqual([149.5, 1])
})

test('a server optimiser goes on from its file, and folding a round again applies it once', async () => {
  const momentum = {
    aggregation: { rule: 'fedavgm', weighting: 'uniform', serverLearningRate: 1, momentum: 0.5 },
  } as const
  const base = store('base', twoTensors([0], [0]))
  const updates = [{ site: 'x', ...fresh, ...store('x', twoTensors([1], [2])) }]
  const first = await fold({ base, parameters: 2, updates, ...momentum })
  const stored = async ({ sha256 }: { sha256: string }) => ({
    ...{ sha256, path: await blobs.file(sha256) },
  })
  const second = async () =>
    fold({
      ...momentum,
      ...{ parameters: 2, updates },
      base: await stored(first.model),
      state: await stored(first.state!),
    })
  const folded = await second()
  const { arrays } = decodeSafetensors(await blobs.read(folded.model.sha256))
  // 1 + (0.5 * 1 + 1) and 2 + (0.5 * 2 + 2).
  expect([arrays.get('a')!.data[0], arrays.get('b')!.data[0]]).toEqual([2.5, 5])
  expect(await second()).toEqual(folded)
})

test.each<[AggregationPlan, string]>([
  [{ rule: 'coordinate-median' }, 'of two that disagree neither is in the majority'],
  [{ rule: 'geometric-median', iterations: 3, smoothing: 1e-6 }, 'of two that disagree'],
  [{ rule: 'centred-clipping', radius: 5, iterations: 3 }, 'of two that disagree'],
  [{ rule: 'trimmed-mean', byzantine: 1 }, 'n > 2f'],
  [{ rule: 'nnm-trimmed-mean', byzantine: 1 }, 'n > 2f'],
  [{ rule: 'krum', byzantine: 1 }, 'n >= 2f + 3'],
  [{ rule: 'multi-krum', byzantine: 1, selected: 2 }, 'n >= 2f + 3'],
])('%j of a round with too few updates is refused with the reason', async (aggregation, why) => {
  const base = store('base', twoTensors([1], []))
  const updates = ['x', 'y'].map((site) => ({
    ...{ site, ...fresh },
    ...store(site, twoTensors([1], [])),
  }))
  const run = fold({ aggregation, base, parameters: 1, updates })
  await expect(run).rejects.toMatchObject({
    code: 'COHORT_TOO_SMALL',
    message: expect.stringContaining(why),
  })
})
