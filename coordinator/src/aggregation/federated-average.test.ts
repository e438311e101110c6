import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeSafetensors, encodeSafetensors, sha256, type NamedArrays } from '@consilium/weights'
import fc from 'fast-check'
import { useStateFolder } from '../testing/state-folder.ts'
import { federatedAverage, type AverageOptions } from './federated-average.ts'

const folder = useStateFolder()

const weights = (a: readonly number[], b: readonly number[]): NamedArrays =>
  new Map([
    ['a', { shape: [a.length], data: new Float32Array(a) }],
    ['b', { shape: [b.length], data: new Float32Array(b) }],
  ])

/** `metadata` makes headers of different lengths. */
function store(name: string, arrays: NamedArrays, metadata = {}) {
  const bytes = encodeSafetensors(arrays, metadata)
  const path = join(folder(), name)
  writeFileSync(path, bytes)
  return { path, sha256: sha256(bytes) }
}

async function average(options: AverageOptions): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of federatedAverage(options)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('adds the deltas weighted by their share of the samples', async () => {
  const base = store('base', weights([1, 2], [3]))
  const updates = [
    { site: 'x', samples: 30, ...store('x', weights([4, 0], [-4])) },
    { site: 'y', samples: 10, ...store('y', weights([0, 8], [4]), { agent: 'another' }) },
  ]
  const file = await average({ base, parameters: 3, updates })
  expect(file).toEqual(Buffer.from(encodeSafetensors(weights([1 + 3, 2 + 2], [3 - 3 + 1]))))
})

test('the order of arrival and the size of the blocks change no bit', async () => {
  const values = fc.array(fc.float({ noNaN: true, min: -10, max: 10 }), {
    minLength: 5,
    maxLength: 5,
  })
  const sites = fc.array(fc.record({ values, samples: fc.integer({ min: 1, max: 1e9 }) }), {
    minLength: 2,
    maxLength: 5,
  })
  await fc.assert(
    fc.asyncProperty(sites, fc.integer({ min: 1, max: 6 }), async (claims, blockParameters) => {
      const base = store('base', weights([0.1, 0.2, 0.3], [0.4, 0.5]))
      const updates = claims.map(({ values: v, samples }, i) => ({
        site: `site-${i}`,
        samples,
        ...store(`site-${i}`, weights(v.slice(0, 3), v.slice(3))),
      }))
      const one = await average({ base, parameters: 5, updates })
      const other = await average({
        base,
        parameters: 5,
        updates: [...updates].reverse(),
        blockParameters,
      })
      expect(sha256(other)).toBe(sha256(one))
    }),
    { numRuns: 25 },
  )
})

test('the result is rounded once, not at every site', async () => {
  const tiny = 2 ** -24
  const base = store('base', weights([1], []))
  const updates = ['x', 'y'].map((site) => ({
    site,
    samples: 1,
    ...store(site, weights([2 * tiny], [])),
  }))
  const { arrays } = decodeSafetensors(await average({ base, parameters: 1, updates }))
  expect(arrays.get('a')!.data[0]).toBe(1 + 2 * tiny)
})

test('a spooled file that changed on disk is found out before anything is published', async () => {
  const base = store('base', weights([1], [2]))
  const update = store('x', weights([1], [2]))
  store('x', weights([1], [2.5]))
  const run = average({ base, parameters: 2, updates: [{ site: 'x', samples: 1, ...update }] })
  await expect(run).rejects.toMatchObject({ code: 'BLOB_CORRUPT' })
})

test('an average beyond float32 is refused', async () => {
  const base = store('base', weights([3e38], []))
  const update = { site: 'x', samples: 1, ...store('x', weights([3e38], [])) }
  await expect(average({ base, parameters: 1, updates: [update] })).rejects.toMatchObject({
    code: 'AVERAGE_NOT_FINITE',
  })
})
