import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createProcesses, type ProcessEvent } from './processes.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'consilium-processes-'))
})

afterEach(() => rm(folder, { recursive: true }))

test('a process that refuses its input fails with the reason it gave', async () => {
  const { ended } = createProcesses().start({
    name: 'coordinator',
    program: 'consilium',
    args: ['serve', '--state', folder, '--plan', path.join(folder, 'none.json'), '--json'],
    onEvent: () => undefined,
  })
  await expect(ended).rejects.toMatchObject({
    code: 'DEMO_PROCESS_FAILED',
    message: expect.stringMatching(/'coordinator'.*exit code 100.*INPUT_FILE/s) as string,
  })
})

test('a process is heard line by line, and stopped', async () => {
  const processes = createProcesses()
  const event = await new Promise<ProcessEvent>((resolve) => {
    processes.start({
      name: 'site a',
      program: 'consilium-site',
      args: [
        'run',
        '--coordinator',
        'http://127.0.0.1:9',
        '--site',
        'a',
        '--data',
        folder,
        '--state',
        folder,
        '--json',
      ],
      env: { CONSILIUM_JOIN_TOKEN: 'token' },
      onEvent: resolve,
    })
  })
  expect(event.event).toBe('waiting')
  await processes.stopAll()
})
