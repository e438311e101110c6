import { committed, failed, joined, left, newStudy, play, update } from '../testing/played-study.ts'
import { describeWait } from './describe-wait.ts'
import { atDeadline } from './due-event.ts'
import { resume, step, type Effect } from './round-machine.ts'

const cohort = ['a', 'b', 'c'].map(joined)
const kinds = (effects: readonly Effect[]) => effects.map((effect) => effect.kind)

test('the first round opens when the whole cohort has joined, and invites it', () => {
  expect(play(newStudy(), cohort.slice(0, 2)).state.phase.kind).toBe('gathering')
  const { state, effects } = play(newStudy(), cohort)
  expect(state.phase).toMatchObject({ kind: 'collecting', round: { round: 1, base: 'm0' } })
  expect(effects).toEqual([
    { kind: 'start-deadline', round: 1, afterMs: 600_000 },
    { kind: 'invite', sites: ['a', 'b', 'c'] },
  ])
})

test('a round closes when all have reported, whatever the order of arrival', () => {
  const { state, effects } = play(newStudy(), [...cohort, update('c'), update('a'), update('b')])
  expect(state.phase).toMatchObject({
    kind: 'averaging',
    round: { contributors: ['a', 'b', 'c'], missing: [], reason: 'all-reported' },
  })
  expect(kinds(effects).slice(-2)).toEqual(['stop-deadline', 'fold'])
})

test('a failure is a report: the round goes on with the others', () => {
  const { state } = play(newStudy(), [...cohort, update('a'), failed('b'), update('c')])
  expect(state.phase).toMatchObject({
    kind: 'averaging',
    round: { contributors: ['a', 'c'], missing: ['b'] },
  })
})

test('the departure of the last awaited site closes the round', () => {
  const { state } = play(newStudy(), [...cohort, update('a'), update('b'), left('c')])
  expect(state.phase).toMatchObject({ kind: 'averaging', round: { missing: ['c'] } })
})

test('an update that was delivered counts although its site left', () => {
  const { state } = play(newStudy(), [...cohort, update('a'), left('a'), update('b'), failed('c')])
  expect(state.phase).toMatchObject({ kind: 'averaging', round: { contributors: ['a', 'b'] } })
})

test('a site that left may come back into the round and make its quorum', () => {
  const { state } = play(newStudy(), [...cohort, left('b'), left('c'), update('a')])
  expect(state.phase.kind).toBe('collecting')
  expect(describeWait(state, 5000)).toBe(
    'round 1: waiting for b (left), c (left): 1 of 3 in, deadline in 5 s',
  )
  const back = play(state, [joined('b'), update('b')])
  expect(back.state.phase).toMatchObject({ kind: 'averaging', round: { missing: ['c'] } })
})

test('when failures make the quorum impossible the study aborts and says where it failed', () => {
  const { state, effects } = play(newStudy(), [...cohort, update('a'), failed('b'), failed('c')])
  expect(state.phase).toMatchObject({
    kind: 'aborted',
    code: 'STUDY_QUORUM_IMPOSSIBLE',
    message: expect.stringContaining('b (TRAINING_NOT_FINITE), c (TRAINING_NOT_FINITE)') as unknown,
  })
  expect(kinds(effects).slice(-2)).toEqual(['discard-updates', 'announce-abort'])
  expect(state.abandoned).toMatchObject({ round: 1, updates: [{ site: 'a' }] })
  expect(resume(state)).toEqual([{ kind: 'discard-updates', round: 1 }])
})

test('at the deadline a round closes with a quorum and names the missing', () => {
  const { state } = play(newStudy(), [...cohort, update('a'), update('c')])
  expect(atDeadline(state, 1)).toEqual({
    kind: 'round-closed',
    round: 1,
    reason: 'deadline',
    contributors: ['a', 'c'],
    missing: ['b'],
  })
})

test('at the deadline a round without a quorum is extended by its full length, and says so', () => {
  const { state } = play(newStudy(), [...cohort, update('a')])
  const event = atDeadline(state, 1)
  expect(event).toEqual({ kind: 'deadline-extended', round: 1, updates: 1, quorum: 2 })
  const extended = play(state, [event!])
  expect(extended.effects).toEqual([{ kind: 'start-deadline', round: 1, afterMs: 600_000 }])
  expect(describeWait(extended.state, 12_000)).toBe(
    'round 1: waiting for b, c: 1 of 3 in, deadline in 12 s, extended 1 time for want of 2 updates',
  )
})

test('a deadline that fires after its round closed changes nothing', () => {
  const closed = play(newStudy(), [...cohort, update('a'), update('b'), update('c')]).state
  expect(atDeadline(closed, 1)).toBeUndefined()
  expect(atDeadline(play(closed, [committed(1)]).state, 1)).toBeUndefined()
})

const roundOne = [...cohort, update('a'), update('b'), update('c'), committed(1)]

test('a committed round opens the next one on its model', () => {
  const { state, effects } = play(newStudy(), roundOne)
  expect(state.phase).toMatchObject({ kind: 'collecting', round: { round: 2, base: 'm1' } })
  expect(kinds(effects).slice(-4)).toEqual([
    'announce-result',
    'discard-updates',
    'start-deadline',
    'invite',
  ])
})

test('between rounds the study waits for a quorum of sites to come back', () => {
  const { state } = play(newStudy(), [...roundOne.slice(0, -1), left('a'), left('b'), committed(1)])
  expect(state.phase).toEqual({ kind: 'gathering', round: 2 })
  expect(describeWait(state, 0)).toBe(
    'round 2: waiting for sites to come back: 1 joined (c), the quorum is 2',
  )
  expect(play(state, [joined('a')]).state.phase).toMatchObject({
    kind: 'collecting',
    round: { round: 2, invited: ['a', 'c'] },
  })
})

test('after the last round the study is released', () => {
  const { state, effects } = play(newStudy({ rounds: 1 }), roundOne)
  expect(state.phase.kind).toBe('releasing')
  expect(kinds(effects).slice(-2)).toEqual(['discard-updates', 'release'])
  const release = { sha256: 'r', bytes: 80, parameters: 20 }
  const end = play(state, [{ kind: 'study-released', model: release }])
  expect(end.state.phase).toEqual({ kind: 'finished', release })
  expect(kinds(end.effects)).toEqual(['announce-release'])
})

test.each([
  ['collecting', cohort, ['start-deadline']],
  ['averaging', [...cohort, update('a'), update('b'), update('c')], ['fold']],
  ['collecting the second round', roundOne, ['discard-updates', 'start-deadline']],
])('a coordinator restarted while %s takes up its duties', (_, events, duties) => {
  expect(kinds(resume(play(newStudy(), events).state))).toEqual(duties)
})

test('a restart between fold and commit commits what was folded, and folds nothing again', () => {
  const closed = play(newStudy(), [...cohort, update('a'), update('b'), update('c')]).state
  const contributions = [{ site: 'a', weight: 1, norm: 2, cosine: 0.5 }]
  const optimiserState = { sha256: 'o1', bytes: 100 }
  const { model, meanLoss } = committed(1)
  const folded = { kind: 'round-folded', round: 1, model, meanLoss, contributions } as const
  const dead = step(closed, { ...folded, optimiserState }).state
  const event = { kind: 'round-committed', round: 1, model, meanLoss }
  expect(resume(dead)).toEqual([{ kind: 'record', event }])
  expect(play(dead, [committed(1)]).state.rounds).toMatchObject([
    { model, contributions, optimiserState },
  ])
})

test('a restart records what was due when the process died', () => {
  const last = play(newStudy(), [...cohort, update('a'), update('b')]).state
  const dead = step(last, update('c')).state
  expect(resume(dead)).toMatchObject([
    { kind: 'start-deadline' },
    { kind: 'record', event: { kind: 'round-closed', contributors: ['a', 'b', 'c'] } },
  ])
})

test('a refused update is told in the reason for waiting', () => {
  const refused = { kind: 'update-refused', round: 1, site: 'b', code: 'UPDATE_FORMAT' } as const
  const { state } = play(newStudy(), [...cohort, update('a'), refused])
  expect(describeWait(state, 1)).toBe(
    'round 1: waiting for b (its update was refused: UPDATE_FORMAT), c: 1 of 3 in, deadline in 1 s',
  )
})
