import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { useFederations } from '../e2e/support/federation.ts'
import { writeImages } from '../e2e/support/images.ts'
import { tinyPlan } from '../e2e/support/tiny-plan.ts'

const { newFolder, newFederation } = useFederations()

test('Ctrl-C in the middle of a round ends the agent with its trainer, and the next start goes on', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(tinyPlan({ rounds: 1, localEpochs: 100 }))
  const data = await writeImages(newFolder(), 24)
  const site = federation.site('bern', { data })
  const { step, steps } = await site.event('progress')
  expect(step).toBeLessThan(Number(steps))
  site.interrupt()

  const { code, stderr } = await site.ended
  expect([code, site.isAlive()]).toEqual([130, false])
  expect(stderr).toMatch(/Stopped\. Start again to go on where this left off\.\n$/)
  expect(existsSync(join(federation.stateFolderOf('bern'), 'lock'))).toBe(false)
  expect((await coordinator.view()).sites).toMatchObject([{ site: 'bern', joined: true }])

  expect((await federation.site('bern', { data }).ended).code).toBe(0)
})

test('Ctrl-C ends a coordinator cleanly while sites are working, and they wait for it', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(tinyPlan({ rounds: 1, localEpochs: 100 }))
  const site = federation.site('bern', { data: await writeImages(newFolder(), 24) })
  await site.event('progress')
  coordinator.interrupt()

  const { code, stderr } = await coordinator.ended
  expect([code, coordinator.isAlive()]).toEqual([0, false])
  expect(stderr).not.toContain('Error')
  await site.event('waiting')
  await federation.serve(undefined, { port: coordinator.port })
  expect((await site.ended).code).toBe(0)
})
