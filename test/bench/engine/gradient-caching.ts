/** Peak memory of training with a large batch against a small one: gradient caching should keep it the same. */
import { modelPresets } from '@consilium/study'
import type { LineProcesses } from '../line-processes.ts'
import { startOurs } from './our-side.ts'
import type { StepShape } from './row.ts'
import { runSteps } from './side.ts'

export interface GradientCaching {
  readonly peakRssMiB256: number
  readonly peakRssMiB4096: number
}

interface Options {
  readonly threads: number
  readonly processes: LineProcesses
  readonly say: (line: string) => void
}

/** The first step allocates, the second shows whether that was all. */
const STEPS = 2

export async function measureGradientCaching(options: Options): Promise<GradientCaching> {
  const peakRssMiB256 = await peakOfBatch(256, options)
  return { peakRssMiB256, peakRssMiB4096: await peakOfBatch(4096, options) }
}

async function peakOfBatch(images: number, { threads, processes, say }: Options): Promise<number> {
  const name = `batch ${images}`
  const shape: StepShape = {
    model: { ...modelPresets.tiny, units: [...modelPresets.tiny.units], channels: 1 },
    size: 28,
    views: 2 * images,
    learningRate: 0.002,
  }
  const { process } = await startOurs(shape, { name, threads, processes })
  const { peakRssMiB } = await runSteps(process, STEPS)
  await process.end()
  say(`${name}: ${peakRssMiB.toFixed(0)} MiB`)
  return peakRssMiB
}
