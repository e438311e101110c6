/**
 * A site agent as it is, but for its trainer: that has finished as soon as it is asked, with weights that lie ready. So
 * what a round takes is everything but local training. Answers {} with its steps when the release is kept.
 */
import { link, open, rm } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { parseDataSource, runAgent, type AgentOptions } from '@consilium/site-agent'
import { JOIN_TOKEN } from '../../e2e/support/federation.ts'
import { answerLines } from '../answer-lines.ts'

/** The process's only argument, as JSON. */
export interface SiteJob {
  readonly url: string
  readonly site: string
  readonly stateFolder: string
  readonly films: string
  /** Weights that training would end with. */
  readonly trainedFile: string
}

export interface SiteStep {
  /** `trained`: the base is here, checked, and the trainer was asked. */
  readonly name: 'trained' | 'uploaded'
  readonly round: number
  /** Milliseconds since 1970. */
  readonly at: number
}

// As the agent's main.
setFlagsFromString('--heap-growing-percent=200')

const job = JSON.parse(process.argv[2]!) as SiteJob

await answerLines({}, async () => {
  const steps: SiteStep[] = []
  await takePart(job, steps)
  return { steps, peakRssMiB: process.resourceUsage().maxRSS / 1024 }
})

async function takePart(
  { url, site, stateFolder, films, trainedFile }: SiteJob,
  steps: SiteStep[],
): Promise<void> {
  const note = (name: SiteStep['name'], round: number): void => {
    steps.push({ name, round, at: Date.now() })
  }
  const trainer: AgentOptions['trainer'] = {
    async train({ round, updatedFile }) {
      note('trained', round)
      await setLastValue(trainedFile, round)
      await rm(updatedFile, { force: true })
      await link(trainedFile, updatedFile)
      return { steps: 1, samples: 8, meanLoss: 1, imagesPerSecond: 1 }
    },
    close: () => Promise.resolve(),
  }
  await runAgent({
    ...{ url, site, stateFolder, trainer },
    source: parseDataSource(films),
    joinToken: JOIN_TOKEN,
    threads: 1,
    formats: ['float32'],
    pace: {},
    checkpointIntervalMs: Number.MAX_SAFE_INTEGER,
    labelsRequired: false,
    report(event) {
      if (event.event === 'uploaded') note('uploaded', event.round)
    },
    onPreflight: () => undefined,
    onReading: () => undefined,
    signal: new AbortController().signal,
  })
}

/** So that no two rounds end with the same model, which sites would not need to fetch again. */
async function setLastValue(file: string, value: number): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    const { size } = await handle.stat()
    await handle.write(Float32Array.of(value), 0, 4, size - 4)
  } finally {
    await handle.close()
  }
}
