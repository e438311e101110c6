/**
 * Studies in which everything happens that a journal can tell, each in an order that is given: who delivers after whom,
 * and what the operator says when. So they come to the same end whenever the coordinator dies in between.
 */
import type { JournalEntry, JournalEvent } from '@consilium/coordinator'
import type { StudyPlan } from '@consilium/study'
import { tinyPlan } from '../../e2e/support/tiny-plan.ts'
import type { Deed } from './enduring-site.ts'
import { plans } from './studies.ts'
import { playStudy, SITES, type Played, type PlayOptions } from './play-study.ts'
import type { Stage } from './stage.ts'
import { createTurns, inSequence, untilJournal, type Delivery } from './turns.ts'

type Kind = JournalEvent['kind']

type Holds = (journal: readonly JournalEntry[]) => boolean

export interface Script {
  readonly plan: StudyPlan
  /** For `serve`. */
  readonly args?: readonly string[]
  /** Default: the sites one after the other. */
  readonly deliveries?: readonly Delivery[]
  /** By site and round. */
  readonly deeds?: Readonly<Record<string, Exclude<Deed, object> | 'away'>>
  /** One after the other. */
  readonly orders?: readonly {
    readonly once: Holds
    readonly kind: string
    readonly body?: Readonly<Record<string, unknown>>
  }[]
}

export const has =
  (kind: Kind, wanted: Readonly<Record<string, unknown>> = {}): Holds =>
  (journal) =>
    journal.some(
      (entry) =>
        entry.kind === kind &&
        Object.entries(wanted).every(([name, value]) =>
          Object.entries(entry).some(([n, v]) => n === name && v === value),
        ),
    )

const haveAllJoined: Holds = (journal) =>
  SITES.every((site) => has('site-joined', { site })(journal))

const sites = SITES.length

/** Two updates close a round; who comes later is taken into the next. */
export const stragglersWeigh = {
  selection: { kind: 'fraction', fraction: 0.6, overSelection: 1 },
  late: { fate: 'weigh', exponent: 0.5, maxStaleness: 3 },
} as const satisfies Partial<StudyPlan['cohort']>

export const scripts = {
  plain: { plan: plans.small },

  /** Held, started, paused, resumed and extended by its operator; one update is refused, and a deadline passes. */
  orders: {
    plan: tinyPlan({ sites, rounds: 1, deadlineSeconds: 1 }),
    args: ['--hold'],
    deeds: { 'bern 1': 'spoil' },
    deliveries: [
      { site: 'bern', round: 1 },
      { site: 'oslo', round: 1, once: has('study-paused') },
      { site: 'rome', round: 1, once: has('study-extended') },
      { site: 'bern', round: 2 },
      { site: 'oslo', round: 2 },
      { site: 'rome', round: 2 },
    ],
    orders: [
      { once: haveAllJoined, kind: 'start' },
      { once: has('deadline-extended'), kind: 'pause', body: { reason: 'a test' } },
      { once: has('update-spooled', { site: 'oslo' }), kind: 'resume' },
      { once: has('study-resumed'), kind: 'extend', body: { rounds: 2, deadlineMs: 60_000 } },
    ],
  },

  /** Stopped in its second round, which is dropped: the model of the first is released. */
  stopped: {
    plan: tinyPlan({ sites, rounds: 2 }),
    deliveries: [
      { site: 'bern', round: 1 },
      { site: 'oslo', round: 1 },
      { site: 'rome', round: 1 },
      { site: 'bern', round: 2 },
    ],
    orders: [{ once: has('update-spooled', { site: 'bern', round: 2 }), kind: 'stop' }],
  },

  /** Two sites fail, and with them the quorum. */
  aborted: {
    plan: tinyPlan({ sites, quorum: 2, rounds: 1 }),
    deeds: { 'bern 1': 'fail', 'oslo 1': 'fail' },
    deliveries: [
      { site: 'bern', round: 1 },
      { site: 'oslo', round: 1 },
    ],
  },

  /** Rounds close with two updates; the third comes late and weighs less in the next. */
  late: {
    plan: tinyPlan({
      ...{ sites, quorum: 2, rounds: 3 },
      cohort: stragglersWeigh,
    }),
    deliveries: [
      { site: 'bern', round: 1 },
      { site: 'oslo', round: 1 },
      { site: 'rome', round: 1, once: has('round-opened', { round: 2 }) },
      { site: 'bern', round: 2 },
      { site: 'oslo', round: 2, once: has('round-opened', { round: 3 }) },
      { site: 'rome', round: 3 },
    ],
  },

  /** FedBuff with a buffer of two. */
  asynchronous: {
    plan: tinyPlan({
      ...{ sites, quorum: 2, rounds: 4 },
      cohort: { asynchronous: { buffer: 2, exponent: 0.5, maxStaleness: 10 } },
    }),
    deliveries: [
      { site: 'oslo', round: 1 },
      { site: 'bern', round: 1 },
      { site: 'rome', round: 1 },
      { site: 'oslo', round: 2 },
      { site: 'bern', round: 2 },
      { site: 'rome', round: 3 },
      { site: 'oslo', round: 3 },
      { site: 'bern', round: 4 },
    ],
  },

  /** A site loses its connection in a round and is back before its end, where the plan looks at who is connected. */
  away: {
    plan: tinyPlan({
      ...{ sites, rounds: 1 },
      cohort: { selection: { kind: 'available', sites, overSelection: 0 } },
    }),
    deeds: { 'rome 1': 'away' },
  },

  /** One of the two sites of a round leaves, and the third is invited in its place. */
  substitute: {
    plan: tinyPlan({
      ...{ sites, quorum: 2, rounds: 1, seed: 2 },
      cohort: { selection: { kind: 'fraction', fraction: 0.6, overSelection: 0 } },
    }),
    deeds: { 'bern 1': 'leave' },
    deliveries: [
      { site: 'oslo', round: 1 },
      { site: 'rome', round: 1 },
    ],
  },
} as const satisfies Record<string, Script>

export type ScriptName = keyof typeof scripts

export function playScript(
  stage: Stage,
  script: Script,
  options: Pick<PlayOptions, 'surroundings' | 'disturb'> = {},
): Promise<Played> {
  const { plan, args = [], deliveries, deeds = {}, orders = [] } = script
  return playStudy(stage, {
    ...{ ...options, plan, args, contributors: undefined },
    turns: ({ journal }) =>
      deliveries === undefined ? createTurns(SITES) : inSequence(deliveries, journal),
    deedOf(site, round, { coordinator, signal }) {
      const deed = deeds[`${site} ${round}`] ?? 'deliver'
      if (deed !== 'away') return deed
      const before = coordinator.starts()
      const isNoticed: Holds = (journal) =>
        has('site-away', { site })(journal) || coordinator.starts() > before
      return { away: () => untilJournal(coordinator.journal, isNoticed, signal) }
    },
    async disturb(playing) {
      const { coordinator, signal } = playing
      await Promise.all([
        options.disturb?.(playing),
        (async () => {
          for (const { once, kind, body = {} } of orders) {
            await untilJournal(coordinator.journal, once, signal)
            await coordinator.order(kind, body, signal)
          }
        })(),
      ])
    },
  })
}

/** In which script the coordinator is killed before and after it records an event of each kind. */
/** Not of damage to the disk, which is a test of its own (e2e/damaged-update.test.ts). */
export const SWEPT: Readonly<Record<Exclude<Kind, 'updates-lost'>, ScriptName>> = {
  'study-created': 'plain',
  'site-joined': 'plain',
  'site-left': 'plain',
  'site-away': 'away',
  'site-back': 'away',
  'round-opened': 'plain',
  'sites-invited': 'substitute',
  'round-accepted': 'plain',
  'update-spooled': 'plain',
  'update-refused': 'orders',
  'site-failed': 'aborted',
  'deadline-extended': 'orders',
  'deadline-noted': 'orders',
  'round-closed': 'plain',
  'round-folded': 'plain',
  'round-dropped': 'stopped',
  'round-committed': 'plain',
  'study-started': 'orders',
  'study-paused': 'orders',
  'study-resumed': 'orders',
  'study-stopping': 'stopped',
  'study-extended': 'orders',
  'study-released': 'plain',
  'study-aborted': 'aborted',
  'model-downloaded': 'plain',
}
