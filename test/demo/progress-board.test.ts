import {
  boardAfter,
  boardLines,
  describeMilestone,
  type Board,
  type SiteEvent,
} from './progress-board.ts'

const play = (
  events: readonly (readonly [atMs: number, site: string, event: SiteEvent])[],
): Board =>
  events.reduce<Board>((board, [at, site, event]) => boardAfter(board, site, event, at), new Map())

const progress = (round: number, step: number): SiteEvent => ({
  event: 'progress',
  round,
  rounds: 4,
  step,
  steps: 10,
  loss: 4.5,
  imagesPerSecond: 118.4,
})

test('shows how far the whole training is, and when it will be over', () => {
  const board = play([
    [0, 'riverside', { event: 'round', round: 1, rounds: 4 }],
    [20_000, 'riverside', progress(2, 0)],
    [0, 'st-anna', { event: 'joined', study: 'demo', planSha256: '', rounds: 4 }],
  ])
  expect(boardLines(board, 20_000)).toEqual([
    'riverside [#####---------------] round 2/4  loss 4.5000  118 images/s  ETA 1:00',
    'st-anna   [--------------------] joined',
  ])
})

test('the clock of a new activity begins with it', () => {
  const board = play([
    [0, 'a', progress(4, 10)],
    [50_000, 'a', { event: 'evaluating', phase: 'fine-tune', done: 0, total: 10 }],
    [55_000, 'a', { event: 'evaluating', phase: 'fine-tune', done: 5, total: 10 }],
  ])
  expect(boardLines(board, 55_000)).toEqual(['a [##########----------] fine-tune  ETA 0:05'])
})

test('a finished activity has no time left to show', () => {
  const board = play([[0, 'a', { event: 'release', sha256: '', bytes: 1 }]])
  expect(boardLines(board, 1000)).toEqual([
    'a [####################] backbone received, its digest is right',
  ])
})

test('waiting keeps the progress made', () => {
  const board = play([
    [0, 'a', progress(3, 0)],
    [1, 'a', { event: 'waiting', reason: 'the coordinator does not answer' }],
  ])
  expect(boardLines(board, 1)[0]).toContain(
    '[##########----------] waiting: the coordinator does not answer',
  )
})

test('as plain lines, a round is one line when its update has been delivered', () => {
  const board = play([[0, 'a', progress(2, 10)]])
  expect(describeMilestone(board.get('a'), progress(2, 10))).toBeUndefined()
  const uploaded: SiteEvent = { event: 'uploaded', round: 2, bytes: 10, sha256: '' }
  expect(describeMilestone(board.get('a'), uploaded)).toBe(
    'round 2 trained, loss 4.5000, 118 images/s',
  )
})

test('as plain lines, a phase of the evaluation is one line when it begins', () => {
  const event: SiteEvent = { event: 'evaluating', phase: 'probe', done: 0, total: 1 }
  expect(describeMilestone(undefined, event)).toBe('evaluating: probe')
  expect(describeMilestone(play([[0, 'a', event]]).get('a'), event)).toBeUndefined()
})
