import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  applyDelta,
  decodeSafetensors,
  encodeSafetensors,
  selectArrays,
  type NamedArray,
  type NamedArrays,
} from '@consilium/weights'
import { useFederations } from '../e2e/support/federation.ts'
import { writeImages } from '../e2e/support/images.ts'
import { useProtocolSites } from '../e2e/support/protocol-site.ts'
import { tinyPlan } from '../e2e/support/tiny-plan.ts'

const { newFolder, newFederation } = useFederations()
const joinByHand = useProtocolSites()

const mapArrays = (arrays: NamedArrays, f: (array: NamedArray, i: number) => NamedArray) =>
  new Map([...arrays].map(([name, array], i) => [name, f(array, i)]))

/** One value of one tensor is not a number. */
const withNaN = (arrays: NamedArrays): NamedArrays =>
  mapArrays(arrays, ({ shape, data }, i) => ({
    shape,
    data: data.map((value, j) => (i === 0 && j === 0 ? NaN : value)),
  }))

/** The same numbers in other shapes. */
const flattened = (arrays: NamedArrays): NamedArrays =>
  mapArrays(arrays, ({ data }) => ({ shape: [data.length], data }))

test('updates with wrong shapes, a NaN, a wrong round or a wrong digest are refused and leave no trace in the model', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(tinyPlan({ sites: 2, quorum: 1, rounds: 1 }))
  const honest = federation.site('bern', { data: await writeImages(newFolder(), 24) })
  const hostile = await joinByHand(coordinator.url, 'mallory')
  const invitation = await hostile.pushed('roundInvitation')
  const base = decodeSafetensors(await hostile.download(invitation.baseSha256)).arrays

  const good = encodeSafetensors(base)
  const attempts = [
    ['UPDATE_SHAPE_MISMATCH', encodeSafetensors(flattened(base)), {}],
    ['UPDATE_SHAPE_MISMATCH', encodeSafetensors(selectArrays(base, isBackbone)), {}],
    ['UPDATE_NOT_FINITE', encodeSafetensors(withNaN(base)), {}],
    ['UPDATE_WRONG_ROUND', good, { round: 2 }],
    ['UPDATE_DIGEST_MISMATCH', good, { updateSha256: '0'.repeat(64) }],
    ['UPDATE_FORMAT', good.subarray(0, good.length - 4), {}],
  ] as const
  for (const [code, bytes, claims] of attempts) {
    const answer = await hostile.deliver(invitation, bytes, claims)
    expect(answer).toMatchObject({ kind: 'error', code })
  }
  await hostile.ask({ kind: 'leave' })

  const { code, events } = await honest.ended
  expect(code).toBe(0)
  expect(events.at(-1)).toMatchObject({ event: 'release' })
  const [round] = (await coordinator.view()).rounds
  expect(round?.refusals.map((refusal) => refusal.code)).toEqual([
    ...new Set(attempts.map(([refusal]) => refusal)),
  ])
  expect(round?.contributors).toMatchObject([{ site: 'bern', weight: 1 }])

  const kept = (file: string) =>
    decodeSafetensors(readFileSync(join(federation.stateFolderOf('bern'), file))).arrays
  const expected = applyDelta(base, kept('update.safetensors'))
  expect(kept('backbone.safetensors')).toEqual(selectArrays(expected, isBackbone))
})

const isBackbone = (name: string): boolean => name.startsWith('backbone/')
