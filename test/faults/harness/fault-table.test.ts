import { faultTable } from './fault-table.ts'

test('a line per fault and outcome, and every case that is not as it must be', () => {
  const fault = 'killed'
  const cases = [
    { fault, where: 'here', outcome: 'byte-identical', identical: true },
    { fault, where: 'there', outcome: 'byte-identical', identical: true },
    { fault, where: 'elsewhere', outcome: 'stuck: waits', identical: false },
  ]
  expect(faultTable(cases, [{ name: fault, title: 'SIGKILL' }])).toEqual([
    '| fault   | outcome                 |',
    '| ------- | ----------------------- |',
    '| SIGKILL | byte-identical (2 of 3) |',
    '| SIGKILL | stuck: waits (1 of 3)   |',
    '',
    '3 cases, 2 as they must be, 1 not.',
    'killed, elsewhere: stuck: waits',
  ])
})
