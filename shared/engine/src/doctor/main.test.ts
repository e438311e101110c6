import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { ownModule } from '../own-module.ts'
import type { DoctorReport } from './doctor-report.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'consilium-doctor-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function engine(args: readonly string[], env: Record<string, string> = {}) {
  const { url, execArgv = [] } = ownModule('main', import.meta.url)
  const child = spawn(process.execPath, [...execArgv, fileURLToPath(url), ...args], {
    env: { PATH: process.env['PATH'], XDG_CACHE_HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { exitCode: child.exitCode, stdout, stderr }
}

test('a machine that computes is described in one JSON document, and its graphs are written', async () => {
  const dump = path.join(folder, 'graphs')
  const { exitCode, stdout, stderr } = await engine([
    'doctor',
    '--json',
    '--threads',
    '1',
    '--dump',
    dump,
  ])
  const report = JSON.parse(stdout) as DoctorReport
  const files = await readdir(path.join(folder, 'consilium', 'engine'))
  const kept = files.filter((file) => file.endsWith('.json')).length
  expect(report).toMatchObject({
    runtime: 'onnx',
    runtimes: expect.arrayContaining([
      { name: 'onnx', loaded: true, detail: expect.stringMatching(/^ONNX Runtime \d/) },
    ]),
    providers: expect.arrayContaining([{ name: 'cpu', usable: true }]),
    threads: 1,
    cache: { folder: path.join(folder, 'consilium', 'engine'), choices: kept },
    throughput: { choice: { runtime: 'onnx', provider: 'cpu', lanes: 1 } },
    problems: [],
  })
  expect(kept).toBeGreaterThan(0)
  const { viewsPerSecond, gflopPerSecond, views, steps, seconds } = report.throughput!
  expect(seconds).toBeGreaterThanOrEqual(3)
  expect(viewsPerSecond).toBeCloseTo((views * steps) / seconds)
  // Forward, 50.2 million multiply-accumulates of a view; backward, twice as many without the gradient of the views.
  expect(gflopPerSecond / viewsPerSecond).toBeCloseTo(0.3, 2)
  expect(stderr).toContain('Measuring for 3 seconds.')
  expect(exitCode).toBe(0)
  expect(await readdir(dump)).toEqual(
    expect.arrayContaining(['step.onnx', 'step.txt', 'step.dot', 'forward.onnx', 'shard.txt']),
  )
})

/** Node loads it first: ONNX Runtime then fails as it does on systems it is not made for. */
const withoutOnnxRuntime = `
const Module = require('node:module')
const load = Module._load
Module._load = function (name, ...rest) {
  if (name === 'onnxruntime-node') throw new Error('libonnxruntime.so.1 is for another system')
  return load.call(this, name, ...rest)
}`

test('where nothing can compute, it says why and exits with 1', async () => {
  const hook = path.join(folder, 'hook.cjs')
  await writeFile(hook, withoutOnnxRuntime)
  const { exitCode, stdout } = await engine(['doctor'], { NODE_OPTIONS: `--require=${hook}` })
  expect(stdout).toMatch(/^Runtimes +onnx: not loaded, because .* is for another system$/m)
  expect(stdout).toMatch(/^Throughput +nothing can compute$/m)
  expect(stdout).toMatch(/^Problems +ONNX Runtime, which trains by default, is not loaded\./m)
  expect(exitCode).toBe(1)
})

test('an unknown option is refused with a code, for people and for programs', async () => {
  const { exitCode, stdout, stderr } = await engine(['doctor', '--json', '--colour'])
  const message = "Unknown option '--colour'. See engine doctor --help."
  expect(stderr).toBe(`Error ENGINE_USAGE: ${message}\n`)
  expect(JSON.parse(stdout)).toEqual({ event: 'error', code: 'ENGINE_USAGE', message })
  expect(exitCode).toBe(2)
})

test('a folder that cannot be made is refused before anything is measured', async () => {
  const file = path.join(folder, 'file')
  await writeFile(file, '')
  const { exitCode, stderr } = await engine(['doctor', '--dump', path.join(file, 'graphs')])
  expect(stderr).toMatch(/^Error ENGINE_USAGE: --dump is '.*graphs', which cannot be made: ENOTDIR/)
  expect(exitCode).toBe(2)
})

test('help is printed without looking at the machine', async () => {
  const { exitCode, stdout, stderr } = await engine(['doctor', '--help'])
  expect(stdout).toMatch(/^Usage: engine doctor \[options\]\n/)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
})
