/** Two studies on one agent, each with its coordinator. */
import { once, EventEmitter } from 'node:events'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { decodeSafetensors } from '@consilium/weights'
import {
  addRound,
  invitation,
  release,
  startCoordinator,
  startStudies,
  type Train,
} from '../testing/agent-under-test.ts'

test('two studies take turns at the trainer and both come to their release, with state of their own', async () => {
  const [a, b] = [await startCoordinator(), await startCoordinator()]
  let training = 0
  const order: string[] = []
  const gate = new EventEmitter()
  const train: Train = async (job, onEvent, signal) => {
    training += 1
    expect(training).toBe(1)
    order.push(`${path.basename(path.dirname(job.datasetDir))} ${job.round}`)
    if (order.length === 1) {
      gate.emit('training')
      await once(gate, 'go on')
    }
    const result = await addRound(job, onEvent, signal)
    training -= 1
    return result
  }
  const begins = once(gate, 'training')
  const agent = await startStudies({ studies: { a, b }, train })
  await Promise.all([a.received('join'), b.received('join')])
  a.push(invitation(1))
  await begins
  b.push(invitation(1))
  await agent.reported('b', 'waiting')
  gate.emit('go on')
  for (const coordinator of [a, b]) {
    const { updateSha256 } = await coordinator.received('updateCommit')
    const { arrays } = decodeSafetensors(coordinator.uploads.get(updateSha256)!)
    expect(arrays).toEqual(new Map([['w', { shape: [2], data: Float32Array.of(1, 1) }]]))
    coordinator.push(release())
  }
  await agent.done
  expect(order).toEqual(['a 1', 'b 1'])
  expect(agent.failures).toEqual([])
  for (const name of ['a', 'b'])
    expect(await readdir(path.join(agent.folder, name))).toContain('backbone.safetensors')
})

test('a coordinator that cannot be reached, and one that refuses the site, keep no other study from going on', async () => {
  const gone = await startCoordinator()
  await gone.stop()
  const refusing = await startCoordinator({ joinToken: 'another' })
  const good = await startCoordinator({ greeting: invitation(1) })
  const agent = await startStudies({ studies: { gone, refusing, good } })
  expect(await good.received('updateCommit')).toMatchObject({ round: 1 })
  await agent.reported('gone', 'waiting')
  await agent.failed('refusing')
  expect(agent.failures).toMatchObject([['refusing', { code: 'JOIN_TOKEN_WRONG' }]])
  await startCoordinator({ port: gone.port, greeting: release() })
  good.push(release())
  await agent.done
  for (const name of ['gone', 'good'])
    expect(await readdir(path.join(agent.folder, name))).toContain('backbone.safetensors')
})

test('stopping the agent stops all its studies', async () => {
  const [a, b] = [await startCoordinator(), await startCoordinator()]
  const agent = await startStudies({ studies: { a, b } })
  await Promise.all([a.received('join'), b.received('join')])
  agent.stop()
  await expect(agent.done).rejects.toThrow('stopped')
  expect(agent.failures).toEqual([])
})
