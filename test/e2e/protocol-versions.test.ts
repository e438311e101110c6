/** A coordinator of protocol 2 with an agent of the version before: both kinds of site in one study. */
import { decodeSafetensors, encodeSafetensors } from '@consilium/weights'
import { useFederations } from './support/federation.ts'
import { writeImages } from './support/images.ts'
import { useProtocolSites } from './support/protocol-site.ts'
import { tinyPlan } from './support/tiny-plan.ts'

const { newFolder, newFederation } = useFederations()
const joinByHand = useProtocolSites()

/** The update of a site that has learned nothing: the model's tensors, all zero. */
function idleUpdate(model: Uint8Array): Uint8Array {
  const { arrays } = decodeSafetensors(model)
  return encodeSafetensors(
    new Map(
      [...arrays].map(([name, { shape, data }]) => [name, { shape, data: data.map(() => 0) }]),
    ),
  )
}

test('a site that speaks protocol 1 takes part beside one of today, to the release', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(tinyPlan({ sites: 2, quorum: 2, rounds: 1 }))
  const today = federation.site('bern', { data: await writeImages(newFolder(), 16) })
  const old = await joinByHand(coordinator.url, 'oslo')
  const invitation = await old.pushed('roundInvitation')
  const update = idleUpdate(await old.download(invitation.baseSha256))
  expect(await old.deliver(invitation, update)).toMatchObject({ kind: 'updateAck', round: 1 })

  const release = await old.pushed('release')
  const { code, last } = await today.ended
  expect([code, last?.['sha256']]).toEqual([0, release.modelSha256])
  expect((await old.download(release.modelSha256)).length).toBe(release.modelBytes)
  const [, round] = await coordinator.models()
  expect(round).toMatchObject({ contributors: [{ site: 'bern' }, { site: 'oslo' }] })
})
