import type { AgentEvent } from '../agent/agent-event.ts'

/** A sentence for the people at the site; undefined for what is shown in another way. */
export function describeEvent(event: AgentEvent): string | undefined {
  switch (event.event) {
    case 'preflight':
      return event.fresh ? undefined : 'The data are as they were at the last run.'
    case 'joined':
      return `Joined study ${event.study} (${event.rounds} rounds, plan ${event.planSha256.slice(0, 12)}).`
    case 'waiting':
      return `Waiting: ${event.reason}`
    case 'round':
      return `Round ${event.round} of ${event.rounds}.`
    case 'resumed':
      return `Round ${event.round} goes on after step ${event.step} of ${event.steps}, where it was interrupted.`
    case 'saved':
      return describeSaved(event)
    case 'notice':
      return `Note ${event.code}: ${event.message}`
    case 'uploaded':
      return `Round ${event.round}: update delivered, ${event.bytes} bytes.`
    case 'missed':
      return `Round ${event.round} goes on without this site (${event.code}); waiting for the next.`
    case 'result':
      return `Round ${event.round} of ${event.rounds} is done: ${event.contributors} sites took part, ${event.missing} missing, mean loss ${event.meanLoss.toFixed(4)}.`
    case 'release':
      return `The backbone is here and its digest is right: ${event.sha256} (${event.bytes} bytes).`
    case 'progress':
      return undefined
  }
}

const describeSaved = (saved: AgentEvent & { readonly event: 'saved' }): string =>
  saved.what === 'update'
    ? `Saved: the update of round ${saved.round} is finished and is delivered after the next start.`
    : `Saved: round ${saved.round} after step ${saved.step} of ${saved.steps}.`
