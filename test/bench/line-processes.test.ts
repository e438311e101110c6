import { createLineProcesses, type LineProcesses } from './line-processes.ts'

/** A process that says it is ready, answers every number n with n + 1, and dies of 13. */
const ADDER = `
  const { createInterface } = require('node:readline')
  const say = (value) => console.log(JSON.stringify(value))
  say({ ready: true })
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { n } = JSON.parse(line)
    if (n !== 13) return say({ sum: n + 1 })
    console.error('an unlucky number')
    process.exit(3)
  })`

let processes: LineProcesses

beforeEach(() => {
  processes = createLineProcesses()
})

afterEach(() => processes.stopAll())

const startAdder = () =>
  processes.start({ name: 'adder', command: process.execPath, args: ['-e', ADDER] })

test('a process says it is ready, answers line by line, and ends with its input', async () => {
  const adder = await startAdder()
  expect(adder.ready).toEqual({ ready: true })
  expect(await adder.ask({ n: 1 })).toEqual({ sum: 2 })
  expect(await adder.ask({ n: 41 })).toEqual({ sum: 42 })
  await adder.end()
})

test('a process that ends instead of answering fails with its last words', async () => {
  const adder = await startAdder()
  await expect(adder.ask({ n: 13 })).rejects.toMatchObject({
    code: 'BENCH_PROCESS_FAILED',
    message: expect.stringMatching(/'adder'.*exit code 3.*an unlucky number/) as string,
  })
})

test('a program that is not there fails with its name', async () => {
  const started = processes.start({ name: 'ghost', command: '/no/such/program', args: [] })
  await expect(started).rejects.toMatchObject({
    code: 'BENCH_PROCESS_FAILED',
    message: expect.stringContaining('/no/such/program') as string,
  })
})

test('stopping ends a process that is at work, quietly', async () => {
  const busy = processes.start({
    name: 'busy',
    command: process.execPath,
    args: ['-e', 'for (;;);'],
  })
  await processes.stopAll()
  const outcome = Promise.race([busy.catch(() => 'failed'), Promise.resolve('nothing heard')])
  expect(await outcome).toBe('nothing heard')
})
