/** Any order of arrivals, failures, departures, returns, deadlines, orders and restarts. */
import fc from 'fast-check'
import type { JournalEvent } from '../journal/journal-event.ts'
import { smallPlan, type SmallPlanOptions } from '../testing/small-study.ts'
import { applyEvent, stateOfNewStudy } from './apply-event.ts'
import { decideOrder, type Order } from './control-study.ts'
import { describeWait } from './describe-wait.ts'
import { atDeadline, dueEvent } from './due-event.ts'
import { resume } from './round-machine.ts'
import { openRound, outstandingSites, type StudyState } from './study-state.ts'
import { withConsequences } from './with-consequences.ts'

const SITES = ['a', 'b', 'c', 'd', 'e']

type Cohort = NonNullable<SmallPlanOptions['cohort']>
const cohorts: readonly Cohort[] = [
  {},
  { selection: { kind: 'fraction', fraction: 0.5, overSelection: 1 } },
  { selection: { kind: 'available', sites: 3, overSelection: 1 } },
  { late: { fate: 'weigh', exponent: 0.5, maxStaleness: 2 } },
  { asynchronous: { buffer: 3, exponent: 0.5, maxStaleness: 2 } },
]

const orders: readonly Order[] = [
  { kind: 'pause' },
  { kind: 'resume' },
  { kind: 'resume' },
  { kind: 'extend', rounds: 6 },
  { kind: 'stop', afterRound: true },
]

/** Something that happens at a site, or at the coordinator. */
const happening = fc.oneof(
  { weight: 10, arbitrary: fc.record({ what: fc.constant('update'), site: siteOf() }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('join'), site: siteOf() }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('fold'), site: siteOf() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom('fail', 'leave', 'away', 'deadline', 'deadline', 'restart', 'order'),
      site: siteOf(),
    }),
  },
)

function siteOf() {
  return fc.constantFrom(...SITES)
}

interface World {
  readonly journal: JournalEvent[]
  state: StudyState
  /** Digests of updates that their sites know to be recorded. */
  readonly acknowledged: string[]
}

const newWorld = (cohort: Cohort): World => {
  const created = {
    kind: 'study-created',
    plan: smallPlan({ sites: 4, quorum: 2, rounds: 4, cohort }),
    planSha256: 'p',
    model: { sha256: 'm0', bytes: 100, parameters: 25 },
  } as const
  return { journal: [created], state: stateOfNewStudy(created), acknowledged: [] }
}

function record(world: World, events: readonly JournalEvent[]): void {
  const all = withConsequences(world.state, events)
  world.journal.push(...all)
  world.state = all.reduce(applyEvent, world.state)
}

/** What a coordinator would record of what happens. */
function decisionOf({ state }: World, what: string, site: string): readonly JournalEvent[] {
  const open = openRound(state)
  switch (what) {
    case 'update':
      return updateOf(state, site)
    case 'fail':
      return open !== undefined && outstandingSites(open).includes(site)
        ? [{ kind: 'site-failed', round: open.round, site, code: 'TRAINING_NOT_FINITE' }]
        : []
    case 'deadline': {
      const event = open === undefined ? undefined : atDeadline(state, open.round)
      return event === undefined ? [] : [event]
    }
    case 'fold':
      return foldOf(state)
    case 'order':
      return orderOf(state, site)
    default:
      return membershipOf(state, what, site)
  }
}

function membershipOf(state: StudyState, what: string, site: string): readonly JournalEvent[] {
  const member = state.members.get(site)
  if (what === 'join') return member?.joined === true ? [] : [joining(site)]
  if (member?.joined !== true) return []
  if (what === 'leave') return [{ kind: 'site-left', site }]
  return [{ kind: member.away ? 'site-back' : 'site-away', site }]
}

const joining = (site: string): JournalEvent => ({
  kind: 'site-joined',
  site,
  instanceSha256: site,
  imagesBucket: 1,
  agentVersion: '0.1.0',
})

function updateOf(state: StudyState, site: string): readonly JournalEvent[] {
  const open = openRound(state)
  if (open === undefined || open.updates.some((update) => update.site === site)) return []
  const late = state.stragglers.get(site)
  if (late === undefined && !open.invited.includes(site)) return []
  const from = late ?? open.round
  const digest = `${site}${from}`
  const update = { site, sha256: digest, bytes: 9, samples: 1, meanLoss: 1, steps: 1 }
  const staleness = open.round - from
  return [
    {
      kind: 'update-spooled',
      round: open.round,
      ...update,
      ...(staleness > 0 && { staleness }),
    },
  ]
}

function foldOf({ phase }: StudyState): readonly JournalEvent[] {
  if (phase.kind !== 'averaging') return []
  const { round, contributors } = phase.round
  const model = { sha256: `m${round}`, bytes: 100, parameters: 25 }
  const contributions = contributors.map((site) => ({ site, weight: 1, norm: 1, cosine: 1 }))
  return [{ kind: 'round-folded', round, model, meanLoss: 1, contributions }]
}

function orderOf(state: StudyState, site: string): readonly JournalEvent[] {
  const order = orders[SITES.indexOf(site) % orders.length]!
  try {
    return decideOrder(state, order, 1000)
  } catch {
    return []
  }
}

function play(cohort: Cohort, happenings: readonly { what: string; site: string }[]): World {
  const world = newWorld(cohort)
  for (const site of SITES.slice(0, 4)) record(world, [joining(site)])
  for (const { what, site } of happenings) {
    if (what === 'restart') restart(world)
    else {
      const events = decisionOf(world, what, site)
      record(world, events)
      for (const event of events) if (event.kind === 'update-spooled') acknowledge(world, event)
    }
    expect(dueEvent(world.state)).toBeUndefined()
    expect(describeWait(world.state, 1000)).not.toBe('')
  }
  return world
}

const acknowledge = (world: World, { sha256 }: { sha256: string }): number =>
  world.acknowledged.push(sha256)

/** All there is afterwards is the journal. */
function restart(world: World): void {
  const [created, ...rest] = world.journal
  if (created?.kind !== 'study-created') throw new Error('no study')
  const read = rest.reduce(applyEvent, stateOfNewStudy(created))
  expect(read).toEqual(world.state)
  const due = resume(read).flatMap((effect) => (effect.kind === 'record' ? [effect.event] : []))
  expect(due).toEqual([])
  world.state = read
}

const stories = fc.array(happening, { minLength: 100, maxLength: 160 })

describe.each(cohorts.map((cohort) => [JSON.stringify(cohort), cohort] as const))(
  'with the cohort %s',
  (_, cohort) => {
    test('every acknowledged update is in one round, once, and nothing else is', () => {
      fc.assert(
        fc.property(stories, (story) => {
          const { state, acknowledged } = play(cohort, story)
          const { phase } = state
          const inHand =
            phase.kind === 'collecting' || phase.kind === 'averaging' || phase.kind === 'folded'
              ? phase.round.updates
              : []
          const committed = state.rounds.flatMap((round) => round.updates)
          const taken = [...committed, ...inHand].map(({ sha256 }) => sha256)
          const isOpen = phase.kind !== 'aborted'
          expect(new Set(taken).size).toBe(taken.length)
          if (isOpen) expect(taken.sort()).toEqual([...acknowledged].sort())
          for (const round of state.rounds) {
            expect(round.updates.length).toBeGreaterThanOrEqual(2)
            expect(round.contributors).toEqual(round.updates.map(({ site }) => site).sort())
          }
        }),
        { numRuns: 100 },
      )
    })

    test('what the journal adds up to is the state, after every event', () => {
      fc.assert(
        fc.property(stories, (story) => {
          restart(play(cohort, story))
        }),
        { numRuns: 30 },
      )
    })

    test('no site is invited while it still trains for an earlier round, nor when it is gone', () => {
      fc.assert(
        fc.property(stories, (story) => {
          const { journal } = play(cohort, story)
          const [created, ...rest] = journal
          let state = stateOfNewStudy(created as Extract<JournalEvent, { kind: 'study-created' }>)
          for (const event of rest) {
            const before = state
            state = applyEvent(state, event)
            if (event.kind !== 'round-opened' && event.kind !== 'sites-invited') continue
            const invited = event.kind === 'round-opened' ? event.invited : event.sites
            for (const site of invited) {
              expect(before.members.get(site)?.joined).toBe(true)
              expect(state.stragglers.has(site)).toBe(false)
            }
          }
        }),
        { numRuns: 30 },
      )
    })
  },
)
