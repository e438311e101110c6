import type { Frame, Frames } from '@consilium/proto'
import { afterWork, assign as assignWith, IDLE, type Assignment } from './assignment.ts'

const invitation = (round: number, baseSha256 = 'base'): Frames['roundInvitation'] => ({
  kind: 'roundInvitation',
  study: 'study',
  round,
  baseSha256,
  baseBytes: 1,
  deadlineInMs: 1000,
  controlSha256: '',
  controlBytes: 0,
})

const result = (round: number): Frames['roundResult'] => ({
  kind: 'roundResult',
  round,
  rounds: 9,
  modelSha256: 'model',
  contributors: [],
  missing: [],
  meanLoss: 0,
})

const release: Frames['release'] = {
  kind: 'release',
  study: 'study',
  modelSha256: 'model',
  modelBytes: 1,
  manifestJson: '{}',
}

const assign = (current: Assignment, frame: Frame): Assignment =>
  assignWith(current, frame, { lateCounts: false })

const working: Assignment = { kind: 'round', invitation: invitation(3) }

test('an invitation begins work, and the same one again does not begin it anew', () => {
  expect(assign(IDLE, invitation(3))).toEqual(working)
  expect(assign(working, { ...invitation(3), deadlineInMs: 5 })).toBe(working)
})

test('a later round, or the same round from another base, takes the place of the work', () => {
  expect(assign(working, invitation(4))).toEqual({ kind: 'round', invitation: invitation(4) })
  expect(assign(working, invitation(3, 'other'))).toEqual({
    kind: 'round',
    invitation: invitation(3, 'other'),
  })
})

test('the result of the round ends work on it, the result of an earlier one does not', () => {
  expect(assign(working, result(3))).toEqual(IDLE)
  expect(assign(working, result(2))).toBe(working)
})

test('after the release no round matters', () => {
  const released = assign(working, release)
  expect(released).toEqual({ kind: 'release', release })
  expect(assign(released, invitation(4))).toBe(released)
  expect(assign(released, result(3))).toBe(released)
})

describe('where late updates count', () => {
  const assignLate = (current: Assignment, frame: Frame): Assignment =>
    assignWith(current, frame, { lateCounts: true })

  test('a round that was begun is finished before the next, and only the latest invitation waits', () => {
    expect(assignLate(working, result(3))).toBe(working)
    const both = assignLate(assignLate(working, invitation(4)), invitation(5))
    expect(both).toEqual({ kind: 'round', invitation: invitation(3), then: invitation(5) })
    expect(afterWork(both)).toEqual({ kind: 'round', invitation: invitation(5) })
    expect(afterWork(working)).toBe(IDLE)
  })

  test('the release ends it all the same', () => {
    expect(assignLate(working, release)).toEqual({ kind: 'release', release })
  })
})
