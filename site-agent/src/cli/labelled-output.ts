import type { Output } from './output.ts'

/** What one of several studies says, with its name: before each line, and as the field `name` of each event. */
export function labelledOutput(output: Output, name: string): Output {
  return {
    event(event) {
      output.event({ ...event, name })
    },
    say(line) {
      output.say(`[${name}] ${line}`)
    },
    progress(line) {
      output.progress(`[${name}] ${line}`)
    },
  }
}
