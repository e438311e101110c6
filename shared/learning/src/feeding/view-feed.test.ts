import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { augmentationPresets } from '../augmentation/presets.ts'
import { stripes } from '../testing/stripes.ts'
import { viewBatch } from '../training/view-batch.ts'
import {
  createViewFeed,
  type ReadyViews,
  type ViewFeed,
  type ViewFeedOptions,
} from './view-feed.ts'
import { sliceSpec, specOfBatch, type ViewSpec } from './view-spec.ts'

const IMAGES = 12
const VIEW = 8 * 8
const source = {
  dataset: stripes({ images: IMAGES }),
  augmentation: augmentationPresets.xray,
  seed: 3,
}
const path = ['bern', 'round', 1, 'epoch', 0]
const all = Uint32Array.from({ length: IMAGES }, (_, i) => i)
const whole = specOfBatch(path, all, 2)

const feeds: ViewFeed[] = []
afterEach(async () => {
  for (const feed of feeds.splice(0)) await feed.close()
})

function openFeed(options: Partial<ViewFeedOptions> = {}): ViewFeed {
  const feed = createViewFeed({ ...source, depth: 3, slotLength: 24 * VIEW, ...options })
  feeds.push(feed)
  return feed
}

const spec = (...images: number[]): ViewSpec => specOfBatch(path, Uint32Array.from(images), 1)
const inline = (...images: number[]): Float32Array =>
  viewBatch({ ...source, path }, Uint32Array.from(images), 1)

/** Waits for views that must come. */
async function take(sequence: { next(): Promise<ReadyViews | undefined> }): Promise<ReadyViews> {
  const views = await sequence.next()
  if (views === undefined) throw new Error('the sequence is at its end')
  return views
}

interface Expected {
  readonly spec: ViewSpec
  readonly values: Float32Array
}

/** A batch of some images, cut in two somewhere. */
const cutBatch: fc.Arbitrary<readonly Expected[]> = fc
  .record({
    images: fc.array(fc.nat(IMAGES - 1), { minLength: 1, maxLength: 6 }),
    views: fc.integer({ min: 1, max: 3 }),
    epoch: fc.nat(3),
    cut: fc.nat(18),
  })
  .map(({ images, views, epoch, cut }) => {
    const names = ['bern', 'epoch', epoch]
    const batch = specOfBatch(names, Uint32Array.from(images), views)
    const values = viewBatch({ ...source, path: names }, Uint32Array.from(images), views)
    const rows = batch.images.length
    const middle = Math.min(cut, rows)
    return [
      { spec: sliceSpec(batch, 0, middle), values: values.subarray(0, middle * VIEW) },
      { spec: sliceSpec(batch, middle, rows), values: values.subarray(middle * VIEW) },
    ]
  })

/** Reads a sequence to its end; the bits of a slot are compared when `held` more have come. */
async function expectSequence(
  feed: ViewFeed,
  expected: readonly Expected[],
  held: number,
): Promise<void> {
  const sequence = feed.open(expected.map(({ spec }) => spec))
  const holding: { views: ReadyViews; values: Float32Array }[] = []
  const letGo = ({ views, values }: (typeof holding)[number]): void => {
    expect(views.data).toEqual(values)
    views.release()
  }
  for (const { values } of expected) {
    holding.push({ views: await take(sequence), values })
    if (holding.length > held) letGo(holding.shift()!)
  }
  holding.forEach(letGo)
  expect(await sequence.next()).toBeUndefined()
}

test.each([
  { workers: 1, depth: 1 },
  { workers: 1, depth: 4 },
  { workers: 2, depth: 3 },
  { workers: 3, depth: 2 },
])(
  'slices of batches come in order with the bits of viewBatch: $workers threads, $depth slots',
  async (options) => {
    const feed = openFeed(options)
    await fc.assert(
      fc.asyncProperty(
        fc.array(cutBatch, { maxLength: 6 }),
        fc.nat(options.depth - 1),
        (parts, held) => expectSequence(feed, parts.flat(), held),
      ),
      { numRuns: 25 },
    )
  },
)

test('the same spec asked for twice gives the same bits, also by another thread', async () => {
  const sequence = openFeed({ workers: 2 }).open([whole, whole])
  const [first, second] = [await take(sequence), await take(sequence)]
  expect(second.data).toEqual(first.data)
  expect(second.data.buffer).not.toBe(first.data.buffer)
})

test('views lie in shared memory, in as many buffers as there are slots', async () => {
  const sequence = openFeed({ depth: 2 }).open([1, 2, 3, 4, 5].map((image) => spec(image)))
  const buffers = new Set<ArrayBufferLike>()
  for (let views = await sequence.next(); views !== undefined; views = await sequence.next()) {
    buffers.add(views.data.buffer)
    views.release()
  }
  expect([...buffers].map(({ constructor }) => constructor)).toEqual([
    SharedArrayBuffer,
    SharedArrayBuffer,
  ])
})

test('pixels that lie in shared memory are read there', async () => {
  const { dataset } = source
  const pixels = new Uint16Array(new SharedArrayBuffer(dataset.pixels.byteLength))
  const sequence = openFeed({ dataset: { ...dataset, pixels } }).open(
    (function* () {
      yield spec(1)
      pixels.set(dataset.pixels)
      yield spec(1)
    })(),
  )
  await take(sequence)
  expect((await take(sequence)).data).toEqual(inline(1))
})

test('no more is begun than there are slots, and a slot that is given back begins one more', async () => {
  let drawn = 0
  const endless = (function* () {
    for (;;) {
      drawn += 1
      yield spec(drawn % IMAGES)
    }
  })()
  const sequence = openFeed({ depth: 2 }).open(endless)
  const first = await take(sequence)
  await take(sequence)
  expect(drawn).toBe(3) // one more is drawn, to know the end
  first.release()
  first.release()
  expect(drawn).toBe(4)
  expect((await take(sequence)).data).toEqual(inline(3))
})

test('the end is known while every slot is held', async () => {
  const sequence = openFeed({ depth: 1 }).open([spec(1)])
  await take(sequence)
  expect(await sequence.next()).toBeUndefined()
})

test('a spec that cannot be made fails in its place, after the ones before it', async () => {
  const sequence = openFeed().open([spec(1), spec(2, IMAGES), spec(3)])
  expect((await take(sequence)).data).toEqual(inline(1))
  const refused = { code: 'TRAINING_VIEWS_INVALID', message: expect.stringContaining('image 12') }
  await expect(sequence.next()).rejects.toMatchObject(refused)
  await expect(sequence.next()).rejects.toMatchObject(refused)
})

test('a micro-batch larger than a slot is refused', async () => {
  const sequence = openFeed({ slotLength: 2 * VIEW + 1 }).open([spec(1, 2), spec(1, 2, 3)])
  expect((await take(sequence)).data).toEqual(inline(1, 2))
  await expect(sequence.next()).rejects.toMatchObject({ code: 'TRAINING_VIEWS_INVALID' })
})

test('what the specs throw comes in its place', async () => {
  const sequence = openFeed().open(
    (function* () {
      yield spec(1)
      throw new Error('no order')
    })(),
  )
  await take(sequence)
  await expect(sequence.next()).rejects.toThrow('no order')
})

test('a sequence opened anew takes back the slots that the one before it held', async () => {
  const feed = openFeed({ depth: 2 })
  const before = feed.open([spec(1), spec(2), spec(3), spec(4)])
  const held = await take(before)
  const after = feed.open([spec(5), spec(6), spec(7)])
  held.release()
  await expect(before.next()).rejects.toMatchObject({ code: 'TRAINING_FEED_ENDED' })
  for (const image of [5, 6, 7]) {
    const views = await take(after)
    expect(views.data).toEqual(inline(image))
    views.release()
  }
})

test('a thread that fails ends the feed with a code and its cause', async () => {
  const feed = openFeed({ workers: 2 })
  const noName = 1n as unknown as number // can be sent to a thread, but no stream has such a name
  const sequence = feed.open([{ ...spec(1), path: [noName] }, spec(2)])
  await expect(sequence.next()).rejects.toMatchObject({
    code: 'TRAINING_FEED_ENDED',
    retryable: true,
    cause: expect.objectContaining({ message: expect.stringContaining('BigInt') }),
  })
  await expect(feed.open([spec(3)]).next()).rejects.toMatchObject({ code: 'TRAINING_FEED_ENDED' })
})

test('a feed closed in the middle of a micro-batch leaves it and tells whoever waits', async () => {
  const rows = 500_000 // seconds of work, if it is not left
  const feed = openFeed({ depth: 1, slotLength: rows * VIEW })
  const small = await take(feed.open([spec(0)]))
  const slot = new Float32Array(small.data.buffer).fill(0)
  const waiting = feed.open([specOfBatch(path, new Uint32Array(rows), 1)]).next()
  const isEmpty = (row: Float32Array): boolean => row.every((x) => x === 0)
  while (isEmpty(slot.subarray(0, VIEW))) await turn()
  await Promise.all([
    feed.close(),
    expect(waiting).rejects.toMatchObject({ code: 'TRAINING_FEED_ENDED' }),
  ])
  expect(isEmpty(slot.subarray(-VIEW))).toBe(true)
})
