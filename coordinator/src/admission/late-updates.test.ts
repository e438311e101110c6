import { smallPlan } from '../testing/small-study.ts'
import { useCoordinators } from '../testing/run-coordinator.ts'
import { useStateFolder } from '../testing/state-folder.ts'

const folder = useStateFolder()
const start = useCoordinators()

const weigh = { fate: 'weigh', exponent: 0.5, maxStaleness: 3 } as const
const plan = smallPlan({ sites: 2, quorum: 1, rounds: 3, deadlineSeconds: 1 })
const lenient = smallPlan({
  ...{ sites: 2, quorum: 1, rounds: 3, deadlineSeconds: 1 },
  cohort: { late: weigh },
})

test('a late update is refused, and its site told which round is open', async () => {
  const running = await start(folder(), { plan })
  const [oslo, bern] = await Promise.all([running.joined('oslo'), running.joined('bern')])
  const missed = await bern.next('roundInvitation')
  await oslo.deliver(await oslo.next('roundInvitation'))
  await running.recorded('round-opened', 2)
  expect(await bern.deliver(missed)).toMatchObject({
    kind: 'error',
    code: 'UPDATE_WRONG_ROUND',
    message: expect.stringContaining('round 2 is open. Wait for the next invitation.') as unknown,
  })
})

test('where the plan weighs it, a late update goes into the open round, across a restart', async () => {
  const first = await start(folder(), { plan: lenient })
  const [oslo, bern] = await Promise.all([first.joined('oslo'), first.joined('bern')])
  const missed = await bern.next('roundInvitation')
  await oslo.deliver(await oslo.next('roundInvitation'))
  await first.recorded('round-opened', 2)
  await first.close()

  const second = await start(folder(), { plan: undefined })
  const again = await second.joined('bern')
  expect(await again.next('roundInvitation')).toMatchObject({
    round: 1,
    baseSha256: missed.baseSha256,
  })
  expect(await again.deliver(missed)).toMatchObject({ kind: 'updateAck', round: 1 })
  expect(await again.deliver(missed)).toMatchObject({ kind: 'updateAck', round: 1 })
  expect(await second.recorded('update-spooled')).toMatchObject({
    round: 2,
    site: 'bern',
    staleness: 1,
  })
  const back = await second.joined('oslo')
  await back.deliver(await back.next('roundInvitation'))
  await second.recorded('round-committed')
  expect((await second.view()).rounds[1]).toMatchObject({
    contributors: [
      { site: 'bern', staleness: 1 },
      { site: 'oslo', weight: expect.closeTo(1 / (1 + 2 ** -0.5), 6) as unknown },
    ],
  })
})

test('a late update that comes between rounds is asked for again', async () => {
  const running = await start(folder(), { plan: lenient })
  const [oslo, bern] = await Promise.all([running.joined('oslo'), running.joined('bern')])
  const missed = await bern.next('roundInvitation')
  await oslo.deliver(await oslo.next('roundInvitation'))
  await running.recorded('round-opened', 2)
  await running.order('pause')
  await oslo.deliver(await oslo.next('roundInvitation'))
  await running.recorded('round-committed', 2)
  expect(await bern.deliver(missed)).toMatchObject({
    kind: 'error',
    code: 'UPDATE_BETWEEN_ROUNDS',
    retryable: true,
  })
  await running.order('resume')
  await running.recorded('round-opened', 3)
  expect(await bern.deliver(missed)).toMatchObject({ kind: 'updateAck', round: 1 })
  expect(await running.recorded('update-spooled', 3)).toMatchObject({ round: 3, staleness: 2 })
})

test('a late update that comes when the study is over is refused for good', async () => {
  const { cohort } = lenient
  const running = await start(folder(), { plan: smallPlan({ sites: 2, rounds: 1, cohort }) })
  const [oslo, bern] = await Promise.all([running.joined('oslo'), running.joined('bern')])
  const missed = await bern.next('roundInvitation')
  await oslo.deliver(await oslo.next('roundInvitation'))
  await bern.next('release')
  expect(await bern.deliver(missed)).toMatchObject({
    kind: 'error',
    code: 'UPDATE_WRONG_ROUND',
    retryable: false,
    message: expect.stringContaining('there are no more rounds') as unknown,
  })
})

test('asynchronous rounds move the model on while a slow site trains', async () => {
  const asynchronous = { buffer: 2, exponent: 0.5, maxStaleness: 5 }
  const running = await start(folder(), {
    plan: smallPlan({ sites: 3, quorum: 2, rounds: 4, cohort: { asynchronous } }),
  })
  const [slow, oslo, bern] = await Promise.all(
    ['slow', 'oslo', 'bern'].map((site) => running.joined(site)),
  )
  const begun = await slow!.next('roundInvitation')
  for (const site of [oslo!, bern!, oslo!, bern!])
    await site.deliver(await site.next('roundInvitation'))
  await running.recorded('round-opened', 3)
  expect((await running.view()).wait).toMatch(
    /^round 3: waiting for bern, oslo: 0 of 2 in, slow still trains for round 1, deadline in/,
  )
  expect(await slow!.deliver(begun)).toMatchObject({ kind: 'updateAck', round: 1 })
  await bern!.deliver(await bern!.next('roundInvitation'))
  await running.recorded('round-opened', 4)
  expect((await running.view()).rounds[2]).toMatchObject({
    reason: 'enough',
    contributors: [{ site: 'bern' }, { site: 'slow', staleness: 2 }],
    missing: ['oslo'],
  })
  expect(await slow!.next('roundInvitation')).toMatchObject({ round: 4 })
})
