/** Studies that are played in memory: events in, the state and the effects out. Tests only. */
import type { JournalEvent } from '../journal/journal-event.ts'
import { stateOfNewStudy } from '../rounds/apply-event.ts'
import { step, type Effect } from '../rounds/round-machine.ts'
import type { StudyState } from '../rounds/study-state.ts'
import { smallPlan, type SmallPlanOptions } from './small-study.ts'

const model = { sha256: 'm0', bytes: 100, parameters: 25 }

export const newStudy = ({
  hold = false,
  ...options
}: SmallPlanOptions & { readonly hold?: boolean } = {}): StudyState =>
  stateOfNewStudy({ kind: 'study-created', plan: smallPlan(options), planSha256: 'p', model, hold })

export const joined = (site: string): JournalEvent => ({
  kind: 'site-joined',
  site,
  instanceSha256: `i-${site}`,
  imagesBucket: 64,
  agentVersion: '0.1.0',
})
export const update = (site: string, round = 1): JournalEvent => ({
  kind: 'update-spooled',
  round,
  site,
  sha256: `u-${site}`,
  bytes: 120,
  samples: 10,
  meanLoss: 0.5,
  steps: 3,
})
export const failed = (site: string, round = 1): JournalEvent => ({
  kind: 'site-failed',
  round,
  site,
  code: 'TRAINING_NOT_FINITE',
})
export const left = (site: string): JournalEvent => ({ kind: 'site-left', site })

/** Steps as the driver does: what is to be recorded is stepped with at once. Answers with the other effects too. */
export function play(start: StudyState, events: readonly JournalEvent[]) {
  let state = start
  const effects: Effect[] = []
  const record = (event: JournalEvent): void => {
    const next = step(state, event)
    state = next.state
    for (const effect of next.effects) {
      if (effect.kind === 'record') record(effect.event)
      else effects.push(effect)
    }
  }
  events.forEach(record)
  return { state, effects }
}

export const committed = (round: number) =>
  ({
    kind: 'round-committed',
    round,
    model: { sha256: `m${round}`, bytes: 100, parameters: 25 },
    meanLoss: 0.5,
  }) as const satisfies JournalEvent
