import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StudyPlan } from '@consilium/study'
import { useFederations } from '../e2e/support/federation.ts'
import { writeImages } from '../e2e/support/images.ts'
import { tinyPlan, type PlanChoice } from '../e2e/support/tiny-plan.ts'

const { newFolder, newFederation } = useFederations()

/** Every step multiplies the weights by about -99: after some twenty steps, a batch of 8 each, they are beyond float32. */
const divergingPlan = (choice: PlanChoice): StudyPlan => ({
  ...tinyPlan({ rounds: 1, localEpochs: 1, ...choice }),
  optimiser: { name: 'sgd', learningRate: 100, momentum: 0, weightDecay: 1 },
})
const FEW = 8
const MANY = 480

test('a site whose loss is not finite sends no update, and the round closes without it', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(divergingPlan({ sites: 2, quorum: 1 }))
  const short = federation.site('bern', { data: await writeImages(newFolder(), FEW) })
  const long = federation.site('oslo', { data: await writeImages(newFolder(), MANY) })

  const { code, events, stderr } = await long.ended
  expect(code).toBe(0)
  expect(events).toContainEqual({ event: 'missed', round: 1, code: 'TRAINING_NOT_FINITE' })
  expect(stderr).toContain('Round 1 goes on without this site (TRAINING_NOT_FINITE)')
  expect(events.map(({ event }) => event)).not.toContain('uploaded')
  const left = readFileSync(join(federation.stateFolderOf('oslo'), 'left.jsonl'), 'utf8')
  expect(left).not.toMatch(/updateOffer|update bytes/)

  expect((await short.ended).code).toBe(0)
  const [round] = (await coordinator.view()).rounds
  expect(round).toMatchObject({
    contributors: [{ site: 'bern', weight: 1 }],
    missing: ['oslo'],
    failures: [{ site: 'oslo', code: 'TRAINING_NOT_FINITE' }],
  })
})

test('a study that diverges everywhere ends and says where', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(divergingPlan({ sites: 1 }))
  const site = federation.site('oslo', { data: await writeImages(newFolder(), MANY) })

  const { message } = await coordinator.event('study-aborted')
  expect(message).toContain('failed at oslo (TRAINING_NOT_FINITE)')
  const { code, last } = await site.ended
  expect([code, last]).toMatchObject([4, { event: 'error', code: 'STUDY_ABORTED' }])
})

test('UPDATE_NORM: a site whose weights are finite and beyond belief is missed, and the round closes without it', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(divergingPlan({ sites: 2, quorum: 1 }))
  const short = federation.site('bern', { data: await writeImages(newFolder(), FEW) })
  const long = federation.site('oslo', { data: await writeImages(newFolder(), 60) })

  const { code, events } = await long.ended
  expect(code).toBe(0)
  expect(events).toContainEqual({ event: 'missed', round: 1, code: 'UPDATE_NORM' })
  expect((await short.ended).code).toBe(0)
  expect((await coordinator.view()).rounds[0]).toMatchObject({
    contributors: [{ site: 'bern', weight: 1 }],
    failures: [{ site: 'oslo', code: 'UPDATE_NORM' }],
  })
})
