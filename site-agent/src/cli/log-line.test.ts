import { logLine } from './log-line.ts'

const now = new Date('2026-01-02T03:04:05Z')
const parsed = (event: { event: string }): unknown => JSON.parse(logLine(event, now) ?? 'null')

test('a line has the time, the level and the fields that are known of the event', () => {
  const event = {
    event: 'uploaded',
    round: 2,
    bytes: 10,
    sha256: 'ab',
    path: '/films/kowalski.dcm',
  }
  expect(parsed(event)).toEqual({
    ...{ time: '2026-01-02T03:04:05.000Z', level: 'info', service: 'consilium-site' },
    ...{ version: '0.1.0', event: 'uploaded', round: 2, bytes: 10, sha256: 'ab' },
  })
})

test('classes of the data are not logged, nor is progress', () => {
  const preflight = { event: 'preflight', images: 4, fresh: true, classes: [{ name: 'ill' }] }
  expect(parsed(preflight)).toMatchObject({ images: 4, fresh: true })
  expect(logLine(preflight, now)).not.toContain('ill')
  expect(logLine({ event: 'progress' }, now)).toBeUndefined()
})

test('an error keeps its code, and its message unless that may name a file', () => {
  const refused = { event: 'error', code: 'COORDINATOR_REFUSED', message: 'no' }
  expect(parsed(refused)).toMatchObject({
    level: 'error',
    code: 'COORDINATOR_REFUSED',
    message: 'no',
  })
  const data = { event: 'error', code: 'DATA_NOT_FOUND', message: '/films/kowalski.dcm' }
  expect(parsed(data)).toMatchObject({ code: 'DATA_NOT_FOUND' })
  expect(logLine(data, now)).not.toContain('kowalski')
})
