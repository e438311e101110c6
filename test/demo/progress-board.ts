/** What every site is doing, folded from the events of its processes, and that as lines of text. Pure. */
import type { SiteEvaluation } from '@consilium/learning'
import type { AgentEvent } from '@consilium/site-agent'

/** What `consilium-site evaluate --json` prints. */
export type EvaluationEvent =
  | {
      readonly event: 'evaluating'
      readonly phase: string
      readonly done: number
      readonly total: number
    }
  | { readonly event: 'evaluation'; readonly evaluation: SiteEvaluation }

export type SiteEvent = AgentEvent | EvaluationEvent

export interface SiteActivity {
  readonly kind: string
  readonly label: string
  /** Finished part of this kind of activity, 0..1. */
  readonly share: number
  /** Milliseconds on the board's clock, when this kind of activity began. */
  readonly since: number
  readonly loss?: number
  readonly imagesPerSecond?: number
}

/** By site. */
export type Board = ReadonlyMap<string, SiteActivity>

const BAR_CELLS = 20

export function boardAfter(board: Board, site: string, event: SiteEvent, nowMs: number): Board {
  const before = board.get(site)
  const now = activityAfter(before, event)
  const since = before?.kind === now.kind ? before.since : nowMs
  return new Map([...board, [site, { ...now, since }]])
}

function activityAfter(
  before: SiteActivity | undefined,
  event: SiteEvent,
): Omit<SiteActivity, 'since'> {
  if (isEvaluation(event)) return evaluating(event)
  switch (event.event) {
    case 'preflight':
      return { kind: 'ready', label: `${event.images} images read`, share: 0 }
    case 'joined':
      return { kind: 'ready', label: 'joined', share: 0 }
    case 'waiting':
      return { ...still(before), label: `waiting: ${event.reason}` }
    case 'round':
      return training(event.round - 1, event)
    case 'progress':
      return {
        ...training(event.round - 1 + event.step / event.steps, event),
        loss: event.loss,
        imagesPerSecond: event.imagesPerSecond,
      }
    case 'resumed':
      return { ...still(before), label: `round ${event.round} goes on at step ${event.step}` }
    case 'saved':
    case 'notice':
      return still(before)
    case 'uploaded':
      return { ...still(before), label: `round ${event.round} delivered` }
    case 'missed':
      return { ...still(before), label: `round ${event.round} missed (${event.code})` }
    case 'result':
      return { ...still(before), label: `round ${event.round}/${event.rounds} averaged` }
    case 'release':
      return { kind: 'released', label: 'backbone received, its digest is right', share: 1 }
  }
}

const isEvaluation = (event: SiteEvent): event is EvaluationEvent =>
  event.event === 'evaluating' || event.event === 'evaluation'

function evaluating(event: EvaluationEvent): Omit<SiteActivity, 'since'> {
  if (event.event === 'evaluation') return { kind: 'measured', label: 'measured', share: 1 }
  const { phase, done, total } = event
  return { kind: phase, label: phase, share: total > 0 ? done / total : 0 }
}

const training = (
  done: number,
  { round, rounds }: { readonly round: number; readonly rounds: number },
): Omit<SiteActivity, 'since'> => ({
  kind: 'training',
  label: `round ${round}/${rounds}`,
  share: done / rounds,
})

const still = (before: SiteActivity | undefined): Omit<SiteActivity, 'since'> =>
  before ?? { kind: 'ready', label: '', share: 0 }

/** `riverside [#####-----] round 2/5  loss 4.8312  118 images/s  ETA 1:05`, one line per site. */
export function boardLines(board: Board, nowMs: number): readonly string[] {
  const width = Math.max(0, ...[...board.keys()].map((name) => name.length))
  const bySite = [...board].sort(([a], [b]) => (a < b ? -1 : 1))
  return bySite.map(([site, activity]) => {
    const { label, share, loss, imagesPerSecond } = activity
    const filled = Math.round(BAR_CELLS * share)
    const parts = [
      `${site.padEnd(width)} [${'#'.repeat(filled)}${'-'.repeat(BAR_CELLS - filled)}] ${label}`,
      loss === undefined ? undefined : `loss ${loss.toFixed(4)}`,
      imagesPerSecond === undefined ? undefined : `${imagesPerSecond.toFixed(0)} images/s`,
      remaining(activity, nowMs),
    ]
    return parts.filter((part) => part !== undefined).join('  ')
  })
}

function remaining({ share, since }: SiteActivity, nowMs: number): string | undefined {
  if (share <= 0 || share >= 1) return undefined
  const seconds = Math.ceil(((nowMs - since) * (1 - share)) / share / 1000)
  return `ETA ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** What is worth a line of its own where lines cannot be rewritten; `before` is the site's activity so far. */
export function describeMilestone(
  before: SiteActivity | undefined,
  event: SiteEvent,
): string | undefined {
  if (isEvaluation(event)) return describePhase(before, event)
  switch (event.event) {
    case 'preflight':
      return `${event.images} images, ${event.splits.train} of them for training`
    case 'waiting':
      return `waiting: ${event.reason}`
    case 'uploaded':
      return `round ${event.round} trained${measures(before)}`
    case 'resumed':
      return `round ${event.round} goes on at step ${event.step} of ${event.steps}`
    case 'notice':
      return `note: ${event.message}`
    case 'missed':
      return `round ${event.round} missed (${event.code})`
    case 'release':
      return 'backbone received, its digest is right'
    case 'joined':
    case 'round':
    case 'progress':
    case 'result':
    case 'saved':
      return undefined
  }
}

function describePhase(
  before: SiteActivity | undefined,
  event: EvaluationEvent,
): string | undefined {
  if (event.event === 'evaluation') return 'measured'
  return before?.kind === event.phase ? undefined : `evaluating: ${event.phase}`
}

const measures = (activity: SiteActivity | undefined): string =>
  activity?.loss === undefined || activity.imagesPerSecond === undefined
    ? ''
    : `, loss ${activity.loss.toFixed(4)}, ${activity.imagesPerSecond.toFixed(0)} images/s`
