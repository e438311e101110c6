import os from 'node:os'
import type { Command } from 'commander'
import { parseDataSource } from '../data/parse-data-source.ts'
import { evaluateState } from '../training/evaluate-state.ts'
import { createTrainer } from '../training/trainer.ts'
import { carryOut, type Shell } from './carry-out.ts'
import { describeEvaluation } from './describe-evaluation.ts'
import { describeProgress } from './describe-progress.ts'
import type { Output } from './output.ts'
import { parseCount, parseSite } from './parse-option.ts'

interface EvaluateFlags {
  readonly data: string
  readonly state: string
  readonly release?: string
  readonly site?: string
  readonly alone: boolean
  readonly fineTuneSteps: number
  readonly threads: number
  readonly json?: boolean
}

export function addEvaluateCommand(program: Command, shell: Shell): void {
  program
    .command('evaluate')
    .description(
      'Measure the released backbone on held-out images of this site, and fine-tune it on its labels.',
    )
    .requiredOption('--data <source>', 'labelled images: folder, file.npz, or part of a file.npz')
    .requiredOption('--state <folder>', 'state folder of this site')
    .option(
      '--release <folder>',
      'state folder that holds the release, when it is another site that took part',
    )
    .option('--site <name>', 'name in the report (default: the site that took part)', parseSite)
    .option(
      '--no-alone',
      'leave out the baseline that this site trains alone; it costs as much as the study',
    )
    .option('--fine-tune-steps <n>', 'optimiser steps of each fine-tuning', parseCount, 60)
    .option('--threads <n>', 'threads to train with', parseCount, os.availableParallelism())
    .option('--json', 'one JSON object per event on stdout')
    .action((flags: EvaluateFlags) =>
      carryOut(shell, { json: flags.json === true }, (output) => evaluate(flags, shell, output)),
    )
}

interface PhaseEvent {
  readonly event: 'evaluating'
  readonly phase: string
  readonly done: number
  readonly total: number
}

async function evaluate(flags: EvaluateFlags, { signal }: Shell, output: Output): Promise<void> {
  const show = createPhasePrinter(output)
  const evaluation = await evaluateState({
    stateFolder: flags.state,
    releaseFolder: flags.release ?? flags.state,
    source: parseDataSource(flags.data),
    site: flags.site,
    alone: flags.alone,
    fineTuneSteps: flags.fineTuneSteps,
    threads: flags.threads,
    trainer: createTrainer(),
    onReading: ({ done, total }) => {
      show({ event: 'evaluating', phase: 'reading images', done, total })
    },
    onProgress: (progress) => {
      show({ event: 'evaluating', ...progress })
    },
    signal,
  })
  for (const line of describeEvaluation(evaluation)) output.say(line)
  output.event({ event: 'evaluation', evaluation } as { event: string })
}

function createPhasePrinter(output: Output): (event: PhaseEvent) => void {
  let phase = ''
  let startedAt = 0
  return (event) => {
    if (event.phase !== phase) startedAt = performance.now()
    phase = event.phase
    output.event(event)
    const { done, total } = event
    output.progress(
      describeProgress({ label: phase, done, total, elapsedMs: performance.now() - startedAt }),
    )
  }
}
