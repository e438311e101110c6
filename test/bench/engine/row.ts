/** A row of the benchmark: a network, an image size and a batch. The table is rows.json, which PyTorch's side reads too. */
import { readFileSync } from 'node:fs'
import { parsePlan, type ModelPlan, type StudyPlan } from '@consilium/study'
import { sourceFile } from './source-file.ts'

/** What one training step is of. */
export interface StepShape {
  readonly model: ModelPlan
  /** Pixels. */
  readonly size: number
  /** Views per step, two of each image. */
  readonly views: number
  /** So small that rounding does not part the two sides within the steps that are compared. */
  readonly learningRate: number
}

export interface Row extends StepShape {
  readonly name: string
  /** Whether its ratio counts in the geometric mean. */
  readonly inGeomean: boolean
}

interface Table {
  /** The same for all rows. */
  readonly training: {
    readonly temperature: number
    readonly projector: { readonly hidden: number; readonly output: number }
    readonly optimiser: Readonly<Record<string, unknown>>
  }
  readonly rows: readonly Row[]
}

const { training, rows: table } = JSON.parse(readFileSync(sourceFile('rows.json'), 'utf8')) as Table

export const rows = table

export function planOf({ model, size, views, learningRate }: StepShape): StudyPlan {
  const { temperature, projector, optimiser } = training
  return parsePlan({
    schema: 1,
    name: 'bench',
    seed: 1,
    model,
    data: { size, preset: 'xray' },
    objective: { name: 'simclr', temperature, projector },
    optimiser: { ...optimiser, learningRate },
    schedule: { rounds: 1, localEpochs: 1, batch: views / 2, warmup: 0 },
    cohort: { sites: 1, quorum: 1, deadlineSeconds: 1 },
  })
}
