import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const module = new URL('./trainer.ts', import.meta.url).href

/** In a process of its own: the path of Node belongs to a whole process. */
const script = `
  const { createTrainer } = await import('${module}')
  process.execPath = '/there/is/no/node'
  const trainer = createTrainer()
  const { signal } = new AbortController()
  for (const attempt of [1, 2]) {
    await trainer.train({}, () => undefined, signal).catch(({ code }) => console.log(attempt + ' ' + code))
  }
  await trainer.close()
  console.log('closed')
`

test('a trainer process that cannot be started fails the job and not the agent', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=consilium-source',
    '--experimental-strip-types',
    '--input-type=module',
    '--eval',
    script,
  ])
  expect(stdout).toBe('1 TRAINING_PROCESS_ENDED\n2 TRAINING_PROCESS_ENDED\nclosed\n')
})
