/** An agent with a small data set and a trainer that adds the round's number, against a test coordinator. */
import { once, EventEmitter } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Frames } from '@consilium/proto'
import { planDigest } from '@consilium/study'
import { decodeSafetensors, encodeSafetensors, type NamedArrays } from '@consilium/weights'
import type { AgentEvent } from '../agent/agent-event.ts'
import { runAgent } from '../agent/run-agent.ts'
import { runStudies } from '../agent/run-studies.ts'
import { parseDataSource } from '../data/parse-data-source.ts'
import { CHECKPOINT_INTERVAL_MS } from '../training/checkpoint-schedule.ts'
import type { Trainer } from '../training/trainer.ts'
import { FORMAT_NAMES, type FormatName } from '../update/choose-format.ts'
import { Network } from './network.ts'
import { smallPlan } from './small-plan.ts'
import { temporaryFolders } from './temporary-folder.ts'
import { digestOf, TestCoordinator, type TestCoordinatorOptions } from './test-coordinator.ts'
import { writeImages } from './write-images.ts'

const newFolder = temporaryFolders()
const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

export const weights = (value: number): NamedArrays =>
  new Map([['w', { shape: [2], data: Float32Array.of(value, -value) }]])
export const model = encodeSafetensors(weights(1))
export const backbone = encodeSafetensors(weights(5))
export const planSha256 = planDigest(smallPlan)

/** `control`: the control variate that comes with the model. */
export const invitation = (
  round: number,
  base = model,
  control: Uint8Array = new Uint8Array(),
): Frames['roundInvitation'] => ({
  kind: 'roundInvitation',
  study: smallPlan.name,
  round,
  baseSha256: digestOf(base),
  baseBytes: base.length,
  deadlineInMs: 60_000,
  controlSha256: control.length === 0 ? '' : digestOf(control),
  controlBytes: control.length,
})

export const release = (manifest: Record<string, string> = {}): Frames['release'] => ({
  kind: 'release',
  study: smallPlan.name,
  modelSha256: digestOf(backbone),
  modelBytes: backbone.length,
  manifestJson: JSON.stringify({ sha256: digestOf(backbone), planSha256, ...manifest }),
})

export type Train = Trainer['train']

/** Adds the number of the round to every weight. */
export const addRound: Train = async (job, onEvent) => {
  const { arrays } = decodeSafetensors(await readFile(job.weightsFile))
  const after = new Map(
    [...arrays].map(([name, a]) => [name, { ...a, data: a.data.map((x) => x + job.round) }]),
  )
  onEvent({ kind: 'step', step: 1, steps: 2, loss: 1.23456789, imagesPerSecond: 10 })
  onEvent({ kind: 'step', step: 2, steps: 2, loss: 1.23456789, imagesPerSecond: 10 })
  await writeFile(job.updatedFile, encodeSafetensors(after))
  return { steps: 2, samples: 6, meanLoss: 1.23456789, imagesPerSecond: 10 }
}

export async function startCoordinator(
  options: Partial<TestCoordinatorOptions> = {},
): Promise<TestCoordinator> {
  const coordinator = await TestCoordinator.start({
    plan: smallPlan,
    blobs: [model, backbone],
    ...options,
  })
  endings.push(() => coordinator.stop())
  return coordinator
}

/** A proxy in front of the coordinator. It goes before the coordinator does, whose silent connections would not close. */
export async function networkBefore(coordinator: TestCoordinator): Promise<Network> {
  const network = await Network.before(coordinator)
  endings.unshift(() => network.cut())
  return network
}

export interface AgentSetUp {
  readonly coordinator: { readonly url: string }
  readonly train?: Train
  readonly stateFolder?: string
  readonly joinToken?: string
  readonly formats?: readonly FormatName[]
}

export async function startAgent({
  coordinator,
  train = addRound,
  stateFolder,
  joinToken = 'token',
  formats = FORMAT_NAMES,
}: AgentSetUp) {
  const folder = stateFolder ?? path.join(await newFolder(), 'state')
  const running = createRun()
  const films = await newFilms()
  const options = { url: coordinator.url, stateFolder: folder, joinToken, films, formats }
  const done = runAgent({
    ...agentOptions(options),
    ...running.observer('oslo'),
    trainer: { train, close: () => Promise.resolve() },
    signal: running.signal,
  })
  running.end(done)
  return {
    folder,
    events: running.events('oslo'),
    done,
    reported: (name: AgentEvent['event'], count?: number) => running.reported('oslo', name, count),
    stop: running.stop,
  }
}

export interface StudiesSetUp {
  readonly studies: Readonly<Record<string, { readonly url: string }>>
  readonly train?: Train
}

/** An agent with several studies, whose state is in folders with their names. */
export async function startStudies({ studies, train = addRound }: StudiesSetUp) {
  const folder = await newFolder()
  const films = await newFilms()
  const running = createRun()
  const failures: [string, unknown][] = []
  const done = runStudies(
    Object.entries(studies).map(([name, { url }]) => {
      const stateFolder = path.join(folder, name)
      const options = agentOptions({ url, stateFolder, joinToken: 'token', films })
      return { name, ...options, ...running.observer(name) }
    }),
    {
      trainer: { train, close: () => Promise.resolve() },
      signal: running.signal,
      onFailure(name, error) {
        failures.push([name, error])
        running.arrivals.emit('event')
      },
    },
  )
  running.end(done)
  const failed = async (name: string): Promise<void> => {
    while (!failures.some(([other]) => other === name)) await once(running.arrivals, 'event')
  }
  return { folder, done, failures, failed, reported: running.reported, stop: running.stop }
}

async function newFilms(): Promise<string> {
  const films = await newFolder()
  await writeImages(
    films,
    Object.fromEntries([1, 2, 3, 4, 5, 6].map((i) => [`unlabelled/${i}.png`, 20 * i])),
  )
  return films
}

const agentOptions = ({
  films,
  formats = FORMAT_NAMES,
  ...rest
}: {
  readonly url: string
  readonly stateFolder: string
  readonly joinToken: string
  readonly films: string
  readonly formats?: readonly FormatName[]
}) => ({
  ...rest,
  formats,
  pace: {},
  site: 'oslo',
  source: parseDataSource(films),
  threads: 1,
  checkpointIntervalMs: CHECKPOINT_INTERVAL_MS,
  labelsRequired: false,
  onPreflight: () => undefined,
  onReading: () => undefined,
})

/** What studies report, by name; stopped after the test. */
function createRun() {
  const controller = new AbortController()
  const arrivals = new EventEmitter()
  const all = new Map<string, AgentEvent[]>()
  const events = (name: string): AgentEvent[] => {
    const known = all.get(name) ?? []
    all.set(name, known)
    return known
  }
  return {
    signal: controller.signal,
    arrivals,
    events,
    observer: (name: string) => ({
      report(event: AgentEvent) {
        events(name).push(event)
        arrivals.emit('event')
      },
    }),
    reported: async (name: string, wanted: AgentEvent['event'], count = 1): Promise<void> => {
      while (events(name).filter(({ event }) => event === wanted).length < count)
        await once(arrivals, 'event')
    },
    stop: () => {
      controller.abort(new Error('stopped'))
    },
    end(done: Promise<unknown>) {
      done.catch(() => undefined)
      endings.push(() => {
        controller.abort(new Error('end of test'))
        return done.catch(() => undefined)
      })
    },
  }
}

export const named = <K extends AgentEvent['event']>(events: readonly AgentEvent[], name: K) =>
  events.filter((event): event is Extract<AgentEvent, { event: K }> => event.event === name)
