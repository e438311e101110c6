/** What an agent reports, as lines, progress and events. */
import type { AgentOptions } from '../agent/run-agent.ts'
import type { AgentEvent } from '../agent/agent-event.ts'
import { describePreflight } from '../data/preflight.ts'
import { describeEvent } from './describe-event.ts'
import { describeProgress } from './describe-progress.ts'
import type { Output } from './output.ts'

export function observeAgent(
  output: Output,
): Pick<AgentOptions, 'report' | 'onPreflight' | 'onReading'> {
  const startedAt = performance.now()
  return {
    report: createEventPrinter(output),
    onPreflight(report) {
      for (const line of describePreflight(report)) output.say(line)
    },
    onReading({ done, total }) {
      output.progress(
        describeProgress({
          label: 'reading images',
          done,
          total,
          elapsedMs: performance.now() - startedAt,
        }),
      )
    },
  }
}

function createEventPrinter(output: Output): (event: AgentEvent) => void {
  let roundAt = performance.now()
  return (event) => {
    output.event(event)
    if (event.event === 'round') roundAt = performance.now()
    if (event.event === 'progress') {
      output.progress(
        describeProgress({
          label: `round ${event.round}/${event.rounds}`,
          done: event.step,
          total: event.steps,
          elapsedMs: performance.now() - roundAt,
          detail: `loss ${event.loss.toFixed(4)}  ${event.imagesPerSecond.toFixed(0)} images/s`,
        }),
      )
    }
    const line = describeEvent(event)
    if (line !== undefined) output.say(line)
  }
}
