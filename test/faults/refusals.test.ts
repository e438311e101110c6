import { useFederations } from '../e2e/support/federation.ts'
import { writeImages } from '../e2e/support/images.ts'
import { tinyPlan } from '../e2e/support/tiny-plan.ts'

const { newFolder, newFederation } = useFederations()

test('a second agent on a state folder, a second site of a name and a guessed token are refused', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(tinyPlan({ sites: 2 }))
  const data = await writeImages(newFolder(), 16)
  const first = federation.site('bern', { data })
  await first.event('joined')

  const [sameFolder, sameName, guess] = await Promise.all([
    federation.site('bern', { data }).ended,
    federation.site('bern', { data, stateFolder: newFolder() }).ended,
    federation.site('oslo', { data, joinToken: 'guess' }).ended,
  ])
  expect([sameFolder.code, sameFolder.last]).toMatchObject([
    2,
    { event: 'error', code: 'AGENT_STATE_LOCKED' },
  ])
  expect(String(sameFolder.last?.['message'])).toContain(`process ${first.pid}`)
  expect([sameName.code, sameName.last]).toMatchObject([
    4,
    { event: 'error', code: 'SITE_NAME_TAKEN' },
  ])
  expect([guess.code, guess.last]).toMatchObject([4, { event: 'error', code: 'JOIN_TOKEN_WRONG' }])

  const { sites } = await coordinator.view()
  expect(sites).toMatchObject([{ site: 'bern', joined: true }])
  const second = federation.site('oslo', { data })
  expect([(await first.ended).code, (await second.ended).code]).toEqual([0, 0])
})

test('a coordinator does not take the state folder of another one', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(tinyPlan())
  const second = federation.serve(undefined, { stateFolder: coordinator.stateFolder })
  await expect(second).rejects.toThrow('STATE_FOLDER_IN_USE')
})
