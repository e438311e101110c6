import { failed, joined, left, newStudy, play, update } from '../testing/played-study.ts'
import type { SmallPlanOptions } from '../testing/small-study.ts'
import { describeWait } from './describe-wait.ts'
import { resume } from './round-machine.ts'
import { openRound, type StudyState } from './study-state.ts'

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
type Selection = NonNullable<NonNullable<SmallPlanOptions['cohort']>['selection']>

const studyOf = (selection: Selection, quorum = 2): StudyState =>
  play(
    newStudy({ sites: names.length, quorum, rounds: 9, cohort: { selection } }),
    names.map(joined),
  ).state

const half: Selection = { kind: 'fraction', fraction: 0.5, overSelection: 0 }
const halfAndOne: Selection = { kind: 'fraction', fraction: 0.5, overSelection: 1 }
const three: Selection = { kind: 'available', sites: 3, overSelection: 0 }

const invitedIn = (state: StudyState): readonly string[] => openRound(state)!.invited

/** Plays the open round to its commit; the invited deliver. */
const onward = (state: StudyState): StudyState => {
  const { round, invited } = openRound(state)!
  const model = { sha256: `m${round}`, bytes: 100, parameters: 25 }
  return play(state, [
    ...invited.map((site) => update(site, round)),
    { kind: 'round-committed', round, model, meanLoss: 1 },
  ]).state
}

test('a fraction of the sites is drawn for each round from the seed, the same for everybody', () => {
  const draw = (): readonly string[][] => {
    let state = studyOf(half)
    return [1, 2, 3, 4].map(() => {
      const invited = [...invitedIn(state)]
      state = onward(state)
      return invited
    })
  }
  const drawn = draw()
  expect(drawn.map((invited) => invited.length)).toEqual([4, 4, 4, 4])
  expect(new Set(drawn.map(String)).size).toBeGreaterThan(1)
  expect(draw()).toEqual(drawn)
})

test.each([
  [0.1, 8, 2],
  [0.3, 8, 3],
  [0.375, 8, 3],
  [1, 8, 8],
])('a fraction of %d of %d sites is %d, never less than the quorum', (fraction, _, expected) => {
  const state = studyOf({ kind: 'fraction', fraction, overSelection: 0 })
  expect(invitedIn(state)).toHaveLength(expected)
})

test('a round that invites more sites than it needs does not wait for the slowest', () => {
  const state = studyOf(halfAndOne)
  const invited = invitedIn(state)
  expect(invited).toHaveLength(5)
  const { phase } = play(
    state,
    invited.slice(0, 4).map((site) => update(site)),
  ).state
  expect(phase).toMatchObject({ kind: 'averaging', round: { reason: 'enough' } })
  expect(phase).toMatchObject({ round: { missing: [invited[4]] } })
})

test('another site is invited in the place of one that leaves or fails', () => {
  const state = studyOf(half)
  const [first, second] = invitedIn(state)
  const { state: after, effects } = play(state, [left(first!), failed(second!)])
  const more = effects.flatMap((effect) => (effect.kind === 'invite' ? effect.sites : []))
  expect(more).toHaveLength(2)
  expect(invitedIn(after)).toEqual([...invitedIn(state), ...more].sort())
  expect(after.phase.kind).toBe('collecting')
})

test('an update of a site that left counts, and not in the place of one that trains', () => {
  const state = studyOf(halfAndOne)
  const [a, b, c, d, e] = invitedIn(state) as [string, string, string, string, string]
  const delivered = [a, b, c, d].map((site) => update(site))
  const { state: open } = play(state, [delivered[0]!, left(a), ...delivered.slice(1)])
  expect(open.phase.kind).toBe('collecting')
  expect(play(open, [update(e)]).state.phase).toMatchObject({
    kind: 'averaging',
    round: { contributors: [a, b, c, d, e] },
  })
})

test('when so many fail that even all others cannot make the quorum, the study aborts', () => {
  let state = studyOf({ kind: 'fraction', fraction: 0.25, overSelection: 0 })
  for (let failures = 1; failures <= 6; failures += 1) {
    const waiting = invitedIn(state).find(
      (site) => !openRound(state)!.failures.some((failure) => failure.site === site),
    )
    state = play(state, [failed(waiting!)]).state
    expect(state.phase.kind).toBe('collecting')
  }
  const last = invitedIn(state).find(
    (site) => !openRound(state)!.failures.some((failure) => failure.site === site),
  )
  expect(play(state, [failed(last!)]).state.phase).toMatchObject({
    kind: 'aborted',
    code: 'STUDY_QUORUM_IMPOSSIBLE',
  })
})

test('by availability, those come first who have waited longest, and nobody who is away', () => {
  let state = studyOf(three)
  const first = invitedIn(state)
  state = play(state, [{ kind: 'site-away', site: names.find((n) => !first.includes(n))! }]).state
  const away = names.find((site) => state.members.get(site)!.away)!
  state = onward(state)
  const second = invitedIn(state)
  expect(second.filter((site) => first.includes(site) || site === away)).toEqual([])
  state = play(state, [{ kind: 'site-back', site: away }]).state
  state = onward(state)
  expect(invitedIn(state)).toContain(away)
})

test('a study whose sites are away waits for a quorum of them', () => {
  const away = names.slice(1).map((site) => ({ kind: 'site-away', site }) as const)
  const state = onward(play(studyOf(three), away).state)
  expect(state.phase.kind).toBe('gathering')
  expect(describeWait(state)).toBe(
    'round 2: waiting for sites to come back: 1 joined (a), the quorum is 2',
  )
  expect(play(state, [{ kind: 'site-back', site: 'b' }]).state.phase).toMatchObject({
    round: { invited: ['a', 'b'], wanted: 2 },
  })
})

test('a restart invites the same sites as before', () => {
  const state = studyOf(half)
  expect(resume(state).filter(({ kind }) => kind === 'record')).toEqual([])
})
