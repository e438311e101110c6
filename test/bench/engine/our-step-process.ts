/**
 * Our side of a row in a process of its own: arguments are the step's shape as JSON and the number of threads. Answers
 * {steps} with {seconds, losses, peakRssMiB}.
 */
import { answerLines } from '../answer-lines.ts'
import { createOurStep } from './our-step.ts'
import type { StepShape } from './row.ts'

const [shapeText, threads] = process.argv.slice(2) as [string, string]
const ours = await createOurStep(JSON.parse(shapeText) as StepShape, Number(threads))
await answerLines({ compileSeconds: ours.compileSeconds }, async (request) => {
  const { steps } = request as { steps: number }
  const losses: number[] = []
  const startedAt = performance.now()
  for (let i = 0; i < steps; i += 1) losses.push(await ours.step())
  const seconds = (performance.now() - startedAt) / 1000
  return { seconds, losses, peakRssMiB: process.resourceUsage().maxRSS / 1024 }
})
await ours.dispose()
