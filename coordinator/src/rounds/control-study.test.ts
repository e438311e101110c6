import { committed, failed, joined, left, newStudy, play, update } from '../testing/played-study.ts'
import { decideOrder, MAX_DEADLINE_MS, MAX_ROUNDS, type Order } from './control-study.ts'
import { describeWait } from './describe-wait.ts'
import { atDeadline } from './due-event.ts'
import { resume } from './round-machine.ts'
import type { StudyState } from './study-state.ts'

const cohort = ['a', 'b', 'c'].map(joined)
const all = ['a', 'b', 'c'].map((site) => update(site))
const begun = play(newStudy(), cohort).state
const between = play(newStudy(), [...cohort, ...all, left('a'), left('b'), committed(1)]).state

const LEFT_MS = 90_000

/** Gives an order as an operator does, with a minute and a half left of the deadline. */
const order = (state: StudyState, given: Order) => play(state, decideOrder(state, given, LEFT_MS))

const pause = { kind: 'pause', reason: 'network maintenance' } as const
const stopNow = { kind: 'stop', afterRound: false } as const
const afterRound = { kind: 'stop', afterRound: true } as const

test('a paused study lets its deadline stand still, and goes on from there', () => {
  const paused = order(begun, pause)
  expect(paused.effects).toEqual([{ kind: 'stop-deadline' }])
  expect(atDeadline(paused.state, 1)).toBeUndefined()
  expect(resume(paused.state)).toEqual([])
  expect(describeWait(paused.state, LEFT_MS)).toBe(
    'paused by the operator (network maintenance); round 1: waiting for a, b, c: 0 of 3 in, the deadline stands still with 90 s left',
  )
  expect(order(paused.state, { kind: 'resume' }).effects).toEqual([
    { kind: 'start-deadline', round: 1, afterMs: LEFT_MS },
  ])
})

test('a paused study takes updates and commits its round, and opens no other', () => {
  const { state } = play(order(begun, pause).state, [...all, committed(1)])
  expect(state.phase).toEqual({ kind: 'gathering', round: 2 })
  expect(order(state, { kind: 'resume' }).state.phase).toMatchObject({
    kind: 'collecting',
    round: { round: 2, base: 'm1' },
  })
})

test('a pause before the first round keeps it from opening', () => {
  const { state } = play(order(newStudy(), { kind: 'pause' }).state, cohort)
  expect(state.phase.kind).toBe('gathering')
  expect(describeWait(state)).toBe(
    'paused by the operator; waiting for sites: 3 of 3 joined (a, b, c)',
  )
})

test('stopped in a round, the study drops it and releases the last model', () => {
  const second = play(newStudy(), [...cohort, ...all, committed(1), update('a', 2)]).state
  const { state, effects } = order(second, stopNow)
  expect(state.phase.kind).toBe('releasing')
  expect(state.model.sha256).toBe('m1')
  expect(effects).toEqual([
    { kind: 'stop-deadline' },
    { kind: 'discard-updates', round: 2 },
    { kind: 'release' },
  ])
  expect(resume(state)).toContainEqual({ kind: 'discard-updates', round: 2 })
})

test('stopped after the round, the study commits it and releases its model', () => {
  const asked = order(begun, afterRound).state
  expect(asked.phase.kind).toBe('collecting')
  expect(describeWait(asked, LEFT_MS)).toMatch(/deadline in 90 s, the study ends with this round$/)
  const { state } = play(asked, [...all, committed(1)])
  expect([state.phase.kind, state.model.sha256]).toEqual(['releasing', 'm1'])
})

test('a round that is to be the last one and cannot reach its quorum is dropped, and the last model released', () => {
  const second = play(newStudy(), [...cohort, ...all, committed(1)]).state
  const { state } = play(order(second, afterRound).state, [failed('a', 2), failed('b', 2)])
  expect([state.phase.kind, state.model.sha256]).toEqual(['releasing', 'm1'])
})

test('failures do not abort a study while it is paused: its operator may stop it and keep its model', () => {
  const second = play(newStudy(), [...cohort, ...all, committed(1)]).state
  const { state } = play(order(second, pause).state, [failed('a', 2), failed('b', 2)])
  expect(state.phase.kind).toBe('collecting')
  expect(order(state, stopNow).state.phase.kind).toBe('releasing')
  expect(order(state, { kind: 'resume' }).state.phase.kind).toBe('aborted')
})

test('a stop between rounds releases at once, also while the study is paused', () => {
  expect(order(between, stopNow).effects).toEqual([{ kind: 'release' }])
  expect(order(order(between, pause).state, afterRound).effects).toEqual([{ kind: 'release' }])
})

test('a study that is stopped before it has a model is aborted and says so', () => {
  for (const state of [newStudy(), begun]) {
    expect(order(state, stopNow).state.phase).toMatchObject({
      kind: 'aborted',
      code: 'STUDY_STOPPED',
    })
  }
})

test('a stop for now takes the place of one after the round', () => {
  const asked = order(begun, afterRound).state
  expect(decideOrder(asked, afterRound, LEFT_MS)).toEqual([])
  expect(order(asked, stopNow).state.phase.kind).toBe('aborted')
})

test('a stop ends a pause: the round that is to be finished gets its deadline back', () => {
  expect(order(order(begun, pause).state, afterRound).effects).toEqual([
    { kind: 'start-deadline', round: 1, afterMs: LEFT_MS },
  ])
})

test('a study can have more rounds than its plan', () => {
  const { state } = order(begun, { kind: 'extend', rounds: 3 })
  const two = play(state, [...all, committed(1), ...['a', 'b', 'c'].map((s) => update(s, 2))])
  expect(play(two.state, [committed(2)]).state.phase).toMatchObject({ round: { round: 3 } })
})

test('more time is counted from now, runs at once, and waits for the end of a pause', () => {
  const longer = { kind: 'extend', deadlineMs: 120_000 } as const
  const runs = { kind: 'start-deadline', round: 1, afterMs: 120_000 }
  expect(order(begun, longer).effects).toEqual([runs])
  const paused = order(order(begun, pause).state, longer)
  expect(paused.effects).toEqual([])
  expect(order(paused.state, { kind: 'resume' }).effects).toEqual([runs])
})

test('a study on hold waits for its operator, who may begin with a quorum', () => {
  const held = play(newStudy({ hold: true }), cohort).state
  expect(describeWait(held)).toBe(
    'waiting for the operator to start the study: 3 of 3 joined (a, b, c)',
  )
  expect(order(held, { kind: 'start' }).state.phase.kind).toBe('collecting')
  const two = play(newStudy(), cohort.slice(0, 2)).state
  expect(order(two, { kind: 'start', sites: 2 }).state.phase).toMatchObject({
    round: { invited: ['a', 'b'] },
  })
})

test.each([
  ['a pause', begun, pause],
  ['an end of a pause', order(begun, pause).state, { kind: 'resume' }],
  ['a stop after the round', begun, afterRound],
  ['a longer study', begun, { kind: 'extend', rounds: 5 }],
  ['a start with fewer sites', newStudy(), { kind: 'start', sites: 2 }],
] as const)('%s may be ordered twice', (_, state, given) => {
  expect(decideOrder(order(state, given).state, given, LEFT_MS)).toEqual([])
})

const finished = play(between, decideOrder(between, stopNow, 0)).state

test.each([
  ['CONTROL_STUDY_ENDED', finished, pause],
  ['CONTROL_STUDY_ENDED', order(begun, stopNow).state, { kind: 'extend', rounds: 9 }],
  ['CONTROL_STOPPING', order(begun, afterRound).state, pause],
  ['CONTROL_STOPPING', order(begun, afterRound).state, { kind: 'extend', rounds: 9 }],
  ['CONTROL_COHORT', newStudy(), { kind: 'start', sites: 1 }],
  ['CONTROL_COHORT', newStudy(), { kind: 'start', sites: 4 }],
  ['CONTROL_ROUNDS', begun, { kind: 'extend', rounds: 1 }],
  ['CONTROL_ROUNDS', begun, { kind: 'extend', rounds: MAX_ROUNDS + 1 }],
  ['CONTROL_NO_OPEN_ROUND', newStudy(), { kind: 'extend', deadlineMs: 1000 }],
  ['CONTROL_DEADLINE', begun, { kind: 'extend', deadlineMs: LEFT_MS - 1 }],
  ['CONTROL_DEADLINE', begun, { kind: 'extend', deadlineMs: MAX_DEADLINE_MS + 1 }],
] as const)('%s says why an order is refused', (code, state, given) => {
  expect(() => decideOrder(state, given, LEFT_MS)).toThrow(expect.objectContaining({ code }))
})
