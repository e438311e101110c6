/**
 * Where a coordinator speaks: sentences on stderr for people, or the same facts in its log, and with --json one JSON
 * object per line on stdout. The join token is never logged.
 */
import type { Logger } from 'pino'
import type { Coordinator } from '../coordinator.ts'
import type { JournalEntry } from '../journal/journal-event.ts'
import type { StudyState } from '../rounds/study-state.ts'
import { describeEntry } from './describe-entry.ts'
import { describeRecovery, recoveryOf } from './describe-recovery.ts'

export interface Reporter {
  /** `seconds`: from the start of the process until it was ready. */
  recovered(state: StudyState, seconds: number): void
  listening(coordinator: Coordinator): void
  entry(entry: JournalEntry, state: StudyState): void
  failed(error: { readonly code: string; readonly message: string }): void
}

export interface Outputs {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** In place of sentences on stderr. */
  readonly log?: Logger | undefined
}

export function createReporter(
  { json }: { json: boolean },
  { stdout, stderr, log }: Outputs,
): Reporter {
  const say = (text: string): void => {
    if (log === undefined) stderr.write(`${text}\n`)
  }
  const emit = (event: Record<string, unknown>): void => {
    if (json) stdout.write(`${JSON.stringify(event)}\n`)
  }
  return {
    recovered(state, seconds) {
      const recovery = recoveryOf(state, seconds)
      const sentence = describeRecovery(state, recovery)
      emit({ event: 'recovered', ...recovery })
      log?.info({ event: 'recovered', ...recovery }, sentence)
      say(sentence)
    },
    listening({ url, joinToken, state }) {
      const { name } = state().plan
      emit({ event: 'listening', url, dashboard: `${url}/`, study: name, joinToken })
      log?.info({ event: 'listening', url, study: name }, 'listening')
      say(instructions(url, joinToken, state()))
    },
    entry(entry, state) {
      const { kind, ...rest } = entry
      emit({ event: kind, ...rest })
      const sentence = describeEntry(entry, state)
      log?.info({ event: kind, ...rest }, sentence)
      if (sentence !== undefined) say(sentence)
      if (entry.kind === 'study-released') emit({ event: 'finished', ...entry.model })
    },
    failed({ code, message }) {
      emit({ event: 'error', code, message })
      log?.fatal({ event: 'error', code }, message)
      say(`${code}: ${message}`)
    },
  }
}

const instructions = (
  url: string,
  joinToken: string,
  { plan, orders, planSha256 }: StudyState,
): string =>
  `Study ${plan.name}: ${plan.cohort.sites} sites, ${orders.rounds} rounds, plan ${planSha256}
Dashboard: ${url}/
A site joins with:
  CONSILIUM_JOIN_TOKEN=${joinToken} consilium-site run --coordinator ${url} --site NAME --data FOLDER --state FOLDER`
