import { once } from 'node:events'
import { request } from 'node:http'
import { encodeSafetensors, sha256 } from '@consilium/weights'
import { useCoordinators, type Running } from '../testing/run-coordinator.ts'
import { madeUpWeights, shapesIn, smallWeights } from '../testing/small-study.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import type { TestSite } from '../testing/test-site.ts'

const folder = useStateFolder()
const start = useCoordinators()

const update = encodeSafetensors(madeUpWeights(shapesIn(smallWeights()), 'oslo', 1))

/** A site whose update is on offer, in a study whose first round is open. */
async function offering(running: Running): Promise<TestSite> {
  const [oslo] = await Promise.all(['oslo', 'bern', 'rome'].map((name) => running.joined(name)))
  const offer = oslo!.offerOf(await oslo!.next('roundInvitation'), update)
  expect(await oslo!.request(offer)).toMatchObject({ kind: 'updateDecision', offset: 0 })
  return oslo!
}

test('an upload that is under way when the coordinator stops is finished and answered', async () => {
  const running = await start(folder())
  const site = await offering(running)
  const chunk = site.partAt(update, 0)
  const upload = request(`${running.url}/v1/updates/${sha256(update)}`, {
    method: 'PUT',
    headers: {
      ...site.authorization,
      'content-type': 'application/octet-stream',
      'content-length': chunk.length,
      'content-range': `bytes 0-${chunk.length - 1}/${update.length}`,
    },
  })
  upload.write(chunk.subarray(0, 10))
  await served(running)
  const closed = running.close()
  const disconnected = new Promise((resolve) => site.socket.once('disconnect', resolve))
  upload.end(chunk.subarray(10))
  const [answer] = (await once(upload, 'response')) as [{ statusCode: number; resume(): void }]
  answer.resume()
  expect(answer.statusCode).toBe(200)
  expect(await disconnected).toBe('io server disconnect')
  await closed

  const again = await start(folder())
  const back = await again.joined('oslo')
  const offer = back.offerOf(await back.next('roundInvitation'), update)
  expect(await back.request(offer)).toMatchObject({ offset: chunk.length })
})

/** Answered on a later connection than the upload, so that is being served. */
const served = async (running: Running): Promise<void> => {
  await fetch(`${running.url}/livez`)
}

test('a coordinator that is told to stop answers nobody any more and frees its folder', async () => {
  const running = await start(folder())
  await running.joined('oslo')
  await running.close()
  await expect(fetch(`${running.url}/livez`)).rejects.toThrow()
  await start(folder())
})
