import { createServer } from 'node:net'
import { once } from 'node:events'
import { useFederations } from '../e2e/support/federation.ts'
import { writeImages } from '../e2e/support/images.ts'
import { tinyPlan } from '../e2e/support/tiny-plan.ts'

const { newFolder, newFederation } = useFederations()

test('a round whose site has died closes by quorum at its deadline and says who was missing', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(
    tinyPlan({ sites: 3, quorum: 2, rounds: 2, localEpochs: 40, deadlineSeconds: 5 }),
  )
  const data = await writeImages(newFolder(), 24)
  const survivors = ['bern', 'oslo'].map((name) => federation.site(name, { data }))
  const victim = federation.site('rome', { data })
  await victim.event('progress', ({ round }) => round === 2)
  victim.kill()

  expect(await coordinator.event('round-closed', ({ round }) => round === 2)).toMatchObject({
    reason: 'deadline',
    contributors: ['bern', 'oslo'],
    missing: ['rome'],
  })
  for (const { ended } of survivors) {
    const { code, events } = await ended
    expect(code).toBe(0)
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'result', round: 2, contributors: 2, missing: 1 }),
    )
  }
  const { rounds } = await coordinator.view()
  expect(rounds.at(-1)).toMatchObject({ status: 'committed', missing: ['rome'] })
})

test('an agent waits for a coordinator that is not there yet, says so, and joins when it comes', async () => {
  const federation = newFederation()
  const port = await freePort()
  const data = await writeImages(newFolder(), 16)
  const site = federation.site('bern', { data, url: `http://127.0.0.1:${port}` })
  const { reason } = await site.event('waiting')
  expect(reason).toContain(`The coordinator at http://127.0.0.1:${port} cannot be reached.`)

  await federation.serve(tinyPlan({ rounds: 1 }), { port })
  const { code, events } = await site.ended
  expect(code).toBe(0)
  expect(events.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['waiting', 'joined', 'release']),
  )
})

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' ? String(address?.port) : ''
}
