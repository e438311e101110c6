import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { smallPlan } from './testing/small-plan.ts'
import { temporaryFolders } from './testing/temporary-folder.ts'
import { TestCoordinator } from './testing/test-coordinator.ts'
import { writeImages } from './testing/write-images.ts'

const newFolder = temporaryFolders()
const main = fileURLToPath(new URL('./main.ts', import.meta.url))

function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const flags = [
    '--conditions=consilium-source',
    '--experimental-strip-types',
    '--disable-warning=ExperimentalWarning',
  ]
  return spawn(process.execPath, [...flags, main, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function ended(child: ChildProcess) {
  const [stdout, stderr] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close'),
  ])
  return { exitCode: child.exitCode, stdout, stderr }
}

const consiliumSite = (...args: string[]) => ended(start(args))

test('data check tells people on stderr and programs on stdout, who get no file names', async () => {
  const films = await newFolder()
  await writeImages(films, {
    'ill/1.png': 1,
    'ill/2.png': 2,
    'clear/3.png': 3,
    'clear/4.png': 4,
    'ill/bad.png': 'x',
  })
  const { exitCode, stdout, stderr } = await consiliumSite(
    'data',
    'check',
    '--data',
    films,
    '--json',
  )
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    event: 'preflight',
    images: 4,
    splits: { train: 2, validation: 0, test: 2 },
    skipped: [{ reason: 'named .png but its content is not of that kind', count: 1 }],
  })
  expect(stdout).not.toContain('bad.png')
  expect(stderr).toContain('class clear: train 1, test 1')
  expect(stderr).toContain('    ill/bad.png')
})

test('bad data is one sentence with its code, exit code 3 and no stack trace', async () => {
  const { exitCode, stdout, stderr } = await consiliumSite(
    'data',
    'check',
    '--data',
    await newFolder(),
    '--json',
  )
  expect(exitCode).toBe(3)
  expect(stderr).toMatch(/^Error DATA_NO_IMAGES: .*has no image that can be used/m)
  expect(stderr).not.toContain('    at ')
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
    event: 'error',
    code: 'DATA_NO_IMAGES',
  })
})

test.each([
  [['run'], 'required option'],
  [['data', 'check', '--data', 'x', '--size', '7'], 'from 8 to 1024'],
  [
    ['run', '--coordinator', 'ftp://x', '--site', 'a', '--data', 'x', '--state', 'y'],
    'Expected an address',
  ],
  [
    ['run', '--coordinator', 'http://x', '--site', 'A B', '--data', 'x', '--state', 'y'],
    'lower-case letters',
  ],
  [
    ['run', '--coordinator', 'http://x', '--site', 'a', '--data', 'x', '--state', 'y'],
    'AGENT_USAGE',
  ],
])('%j is a usage error, exit code 2', async (args, message) => {
  const { exitCode, stderr } = await consiliumSite(...args)
  expect(stderr).toContain(message)
  expect(exitCode).toBe(2)
})

test('a site that is refused ends with exit code 4 and leaves its state folder unlocked', async () => {
  const coordinator = await TestCoordinator.start({ plan: smallPlan })
  const films = await newFolder()
  const state = path.join(await newFolder(), 'state')
  await writeImages(films, { '1.png': 1, '2.png': 2, '3.png': 3 })
  const args = [
    'run',
    '--coordinator',
    coordinator.url,
    '--site',
    'oslo',
    '--data',
    films,
    '--state',
    state,
    '--json',
  ]
  const { exitCode, stdout } = await ended(start(args, { CONSILIUM_JOIN_TOKEN: 'guess' }))
  await coordinator.stop()
  expect(exitCode).toBe(4)
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; code?: string })
  expect(events.map(({ event }) => event)).toEqual(['preflight', 'error'])
  expect(events[1]).toMatchObject({ code: 'JOIN_TOKEN_WRONG' })
  expect(await readdir(state)).not.toContain('lock')
})

test('Ctrl-C while waiting ends with exit code 130 and leaves the state folder unlocked', async () => {
  const gone = await TestCoordinator.start({ plan: smallPlan })
  await gone.stop()
  const films = await newFolder()
  const state = path.join(await newFolder(), 'state')
  await writeImages(films, { '1.png': 1 })
  const args = [
    'run',
    '--coordinator',
    gone.url,
    '--site',
    'oslo',
    '--data',
    films,
    '--state',
    state,
    '--json',
  ]
  const child = start(args, { CONSILIUM_JOIN_TOKEN: 'token' })
  const end = ended(child)
  await once(child.stdout!, 'data')
  child.kill('SIGINT')
  const { exitCode, stdout, stderr } = await end
  const lines = stdout.trim().split('\n')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { event: 'waiting' },
    { event: 'stopped' },
  ])
  expect(stderr).toContain('Stopped.')
  expect(exitCode).toBe(130)
  expect(await readdir(state)).toEqual([])
})

test('an agent with several studies names them in what it says; one that is refused does not end the others', async () => {
  const refusing = await TestCoordinator.start({ plan: smallPlan, joinToken: 'another' })
  const gone = await TestCoordinator.start({ plan: smallPlan })
  await gone.stop()
  const folder = await newFolder()
  await writeImages(folder, { 'films/1.png': 1, 'films/2.png': 2, 'films/3.png': 3 })
  const config = path.join(folder, 'agent.json')
  const studies = [
    { name: 'chest', coordinator: refusing.url, joinToken: 'guess' },
    { name: 'retina', coordinator: gone.url, joinToken: 'token' },
  ]
  const content = { state: 'state', site: 'oslo', data: 'films', studies }
  await writeFile(config, JSON.stringify(content))
  const child = start(['run', '--config', config, '--json'])
  const end = ended(child)
  const seen: string[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    const { name, event, code } = JSON.parse(line) as Record<string, string>
    seen.push([name, event, code].join(' ').trim())
    if (seen.length === 3) child.kill('SIGTERM')
  }
  const { exitCode, stderr } = await end
  await refusing.stop()
  expect(new Set(seen)).toEqual(
    new Set(['chest preflight', 'chest error JOIN_TOKEN_WRONG', 'retina waiting', 'stopped']),
  )
  expect(stderr).toContain('[chest] Error JOIN_TOKEN_WRONG: ')
  expect(exitCode).toBe(143)
})

test('--config stands for the options of a single study', async () => {
  const { exitCode, stderr } = await consiliumSite('run', '--config', 'x.json', '--site', 'oslo')
  expect(stderr).toContain('--config')
  expect(exitCode).toBe(2)
})
