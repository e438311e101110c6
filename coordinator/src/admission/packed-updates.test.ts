import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Frames } from '@consilium/proto'
import { parsePlan, type StudyPlan } from '@consilium/study'
import {
  decodePacked,
  decodeSafetensors,
  encodePacked,
  encodeSafetensors,
  readFrom,
  sha256,
  type NamedArray,
  type PackedFormat,
} from '@consilium/weights'
import { useCoordinators, type Running } from '../testing/run-coordinator.ts'
import { smallPlan, smallWeights } from '../testing/small-study.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import type { Delivery, TestSite } from '../testing/test-site.ts'

const folder = useStateFolder()
const start = useCoordinators()

const formats: PackedFormat[] = [
  { format: 'float16' },
  { format: 'int8', block: 16 },
  { format: 'top-k', fraction: 0.2 },
]

const planWith = (...agreed: readonly PackedFormat[]): StudyPlan =>
  parsePlan({ ...smallPlan({ sites: 2, rounds: 1 }), transfer: { formats: agreed } })

const values = 26
const vector = Float32Array.from({ length: values }, (_, i) => (i - 10) / 7)

/** As the coordinator must unpack it: float32, tensor by tensor, in the model's order. */
function unpacked(bytes: Uint8Array, format: PackedFormat): Uint8Array {
  const [flat] = decodePacked(readFrom(bytes), { bytes: bytes.length, format, values })
  let at = 0
  const arrays = [...smallWeights()].map(([name, { shape, data }]): [string, NamedArray] => [
    name,
    { shape, data: flat!.slice(at, (at += data.length)) },
  ])
  return encodeSafetensors(new Map(arrays))
}

async function invited(plan: StudyPlan): Promise<{
  running: Running
  sites: [TestSite, TestSite]
  invitation: Frames['roundInvitation']
}> {
  const running = await start(folder(), { plan })
  const sites: [TestSite, TestSite] = [await running.joined('bern'), await running.joined('oslo')]
  return { running, sites, invitation: await sites[0].next('roundInvitation') }
}

const blobFile = ({ sha256: digest }: { sha256: string }): string =>
  join(folder(), 'blobs', 'sha256', digest.slice(0, 2), digest)

test.each(formats)(
  '%p: an update is unpacked to float32, folded, and discarded',
  async (format) => {
    const { running, sites, invitation } = await invited(planWith(format))
    const bytes = await encodePacked(vector, format)
    const delta = unpacked(bytes, format)
    const delivery: Delivery = { bytes, claims: { format: format.format } }
    expect(await sites[0].deliver(invitation, delivery)).toMatchObject({ kind: 'updateAck' })
    const stored = { sha256: sha256(delta), bytes: delta.length }
    expect(await running.recorded('update-spooled')).toMatchObject({
      ...{ sha256: sha256(bytes), bytes: bytes.length, format: format.format, delta: stored },
    })
    expect(existsSync(blobFile(stored))).toBe(true)
    expect(existsSync(blobFile({ sha256: sha256(bytes) }))).toBe(false)
    expect(await sites[0].deliver(invitation, delivery)).toMatchObject({ kind: 'updateAck' })
    expect(await sites[1].deliver(invitation, delivery)).toMatchObject({ kind: 'updateAck' })
    const { model } = await running.recorded('round-committed')
    const folded = await sites[0].download(model.sha256)
    for (const [name, { data }] of decodeSafetensors(delta).arrays) {
      const base = smallWeights().get(name)!.data
      for (const [i, x] of data.entries())
        expect(folded.get(name)!.data[i]).toBeCloseTo(base[i]! + x, 5)
    }
    await running.recorded('study-released')
    expect(existsSync(blobFile(stored))).toBe(false)
  },
)

test('an update that was packed is folded after a restart', async () => {
  const [format] = formats as [PackedFormat]
  const first = await invited(planWith(format))
  const bytes = await encodePacked(vector, format)
  const delivery: Delivery = { bytes, claims: { format: format.format } }
  await first.sites[0].deliver(first.invitation, delivery)
  await first.running.close()
  const running = await start(folder(), { plan: undefined })
  const oslo = await running.joined('oslo')
  expect(await oslo.deliver(first.invitation, delivery)).toMatchObject({ kind: 'updateAck' })
  expect(await running.recorded('round-committed')).toMatchObject({ round: 1 })
})

test('UPDATE_FORMAT_NOT_AGREED: a format the plan does not have', async () => {
  const { sites, invitation } = await invited(planWith({ format: 'float16' }))
  expect(await sites[0].deliver(invitation)).toMatchObject({
    code: 'UPDATE_FORMAT_NOT_AGREED',
    retryable: false,
    message: expect.stringContaining(
      "its format is 'float32', this study takes float16",
    ) as unknown,
  })
})

test('UPDATE_FORMAT: another length than format and model give costs no byte', async () => {
  const format: PackedFormat = { format: 'int8', block: 16 }
  const { sites, invitation } = await invited(planWith(format))
  const bytes = await encodePacked(vector.subarray(1), format)
  const offer = sites[0].offerOf(invitation, bytes, { claims: { format: 'int8' } })
  expect(await sites[0].request(offer)).toMatchObject({ code: 'UPDATE_FORMAT' })
})

test('packed values that are not finite, and packed bytes that are damaged, leave nothing', async () => {
  const format: PackedFormat = { format: 'int8', block: 16 }
  const { running, sites, invitation } = await invited(planWith(format))
  const bytes = await encodePacked(vector, format)
  const claims = { format: 'int8' }
  const infinite = Uint8Array.from(bytes)
  new DataView(infinite.buffer).setFloat32(bytes.length - 34, Infinity, true)
  expect(await sites[0].deliver(invitation, { bytes: infinite, claims })).toMatchObject({
    code: 'UPDATE_NOT_FINITE',
  })
  const headless = Uint8Array.from(bytes).fill(0, 0, 40)
  expect(await sites[0].deliver(invitation, { bytes: headless, claims })).toMatchObject({
    code: 'UPDATE_FORMAT',
  })
  expect(readdirSync(join(folder(), 'blobs', 'temporary'))).toEqual([])
  expect(running.entries.filter(({ kind }) => kind === 'update-refused')).toHaveLength(2)
})
