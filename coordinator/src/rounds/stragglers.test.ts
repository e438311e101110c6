import type { JournalEvent } from '../journal/journal-event.ts'
import { committed, failed, joined, left, newStudy, play, update } from '../testing/played-study.ts'
import { describeWait } from './describe-wait.ts'
import { atDeadline } from './due-event.ts'
import { openRound, type StudyState } from './study-state.ts'

const cohort = ['a', 'b', 'c'].map(joined)
const weigh = { fate: 'weigh', exponent: 0.5, maxStaleness: 2 } as const
const buffer = { buffer: 2, exponent: 0.5, maxStaleness: 3 } as const

const rounds = 9
const lateStudy = (): StudyState =>
  play(newStudy({ rounds, cohort: { late: weigh } }), cohort).state
const bufferStudy = (): StudyState =>
  play(newStudy({ rounds, cohort: { asynchronous: buffer } }), cohort).state

const late = (site: string, from: number, round: number): JournalEvent => ({
  ...(update(site, round) as Extract<JournalEvent, { kind: 'update-spooled' }>),
  staleness: round - from,
})
/** Closes the open round at its deadline and commits it. */
const pass = (state: StudyState): StudyState => {
  const { round } = openRound(state)!
  return play(state, [atDeadline(state, round)!, committed(round)]).state
}

describe('where late updates are weighed', () => {
  const second = pass(play(lateStudy(), [update('a'), update('b')]).state)

  test('a site that is behind is not invited anew, and not waited for', () => {
    expect([...second.stragglers]).toEqual([['c', 1]])
    expect(openRound(second)).toMatchObject({ round: 2, invited: ['a', 'b'] })
    expect(describeWait(second)).toBe(
      'round 2: waiting for a, b: 0 of 2 in, c still trains for round 1',
    )
    const { phase } = play(second, [update('a', 2), update('b', 2)]).state
    expect(phase).toMatchObject({ kind: 'averaging', round: { contributors: ['a', 'b'] } })
  })

  test('its update goes into the open round, and it is invited to the next', () => {
    const { state } = play(second, [late('c', 1, 2), update('a', 2), update('b', 2), committed(2)])
    expect(state.rounds[1]).toMatchObject({ contributors: ['a', 'b', 'c'] })
    expect(state.rounds[1]!.updates[0]).toMatchObject({ site: 'c', staleness: 1 })
    expect(openRound(state)).toMatchObject({ round: 3, invited: ['a', 'b', 'c'] })
  })

  test('one that is too far behind is invited anew', () => {
    const both = [update('a', 2), update('b', 2), committed(2)]
    const third = play(second, both).state
    expect(openRound(third)).toMatchObject({ round: 3, invited: ['a', 'b'] })
    const fourth = play(third, [update('a', 3), update('b', 3), committed(3)]).state
    expect(openRound(fourth)).toMatchObject({ round: 4, invited: ['a', 'b', 'c'] })
    expect([...fourth.stragglers]).toEqual([])
  })

  test.each([
    ['leaves', left('c')],
    ['fails', failed('c', 1)],
  ] as const)('one that %s is not behind any more, and the open round goes on', (_, event) => {
    const { state } = play(second, [event])
    expect([...state.stragglers]).toEqual([])
    expect(openRound(state)).toMatchObject({ round: 2, failures: [] })
  })
})

describe('with asynchronous rounds', () => {
  test('the model moves on with every full buffer, whoever still trains', () => {
    const { state } = play(bufferStudy(), [update('c'), update('a'), committed(1)])
    expect(state.rounds[0]).toMatchObject({ reason: 'enough', contributors: ['a', 'c'] })
    expect(openRound(state)).toMatchObject({ round: 2, invited: ['a', 'c'], base: 'm1' })
    expect([...state.stragglers]).toEqual([['b', 1]])
    const next = play(state, [late('b', 1, 2), update('c', 2), committed(2)]).state
    expect(next.rounds[1]!.updates).toMatchObject([{ site: 'b', staleness: 1 }, { site: 'c' }])
    expect([...next.stragglers]).toEqual([['a', 2]])
  })

  test('a site that joins gets work at once', () => {
    const { state, effects } = play(bufferStudy(), [joined('d')])
    expect(openRound(state)).toMatchObject({ invited: ['a', 'b', 'c', 'd'] })
    expect(effects).toEqual([{ kind: 'invite', sites: ['d'] }])
  })

  test('a site is in a buffer once: a fast one cannot fill it alone', () => {
    const { state } = play(bufferStudy(), [update('a')])
    expect(openRound(state)).toMatchObject({ invited: ['a', 'b', 'c'], updates: [{ site: 'a' }] })
  })

  test('a buffer that nobody is left to fill is folded as it is, with a quorum', () => {
    const { state } = play(
      newStudy({ sites: 3, quorum: 1, rounds, cohort: { asynchronous: { ...buffer, buffer: 3 } } }),
      [...cohort, update('a'), left('b'), failed('c')],
    )
    expect(state.phase).toMatchObject({
      kind: 'averaging',
      round: { reason: 'all-reported', contributors: ['a'] },
    })
  })
})
