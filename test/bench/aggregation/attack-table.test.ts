import { createStream } from '@consilium/random'
import { attacks } from './attacks.ts'
import { attackLines } from './attack-lines.ts'
import { measureAttacks } from './attack-table.ts'

const named = (name: string) => attacks.find((attack) => attack.name === name)!

test('an average by samples falls to a claim, a median does not', async () => {
  const table = await measureAttacks({
    plans: [{ rule: 'fedavg', weighting: 'samples' }, { rule: 'coordinate-median' }],
    against: [named('none'), named('claim')],
    ...{ alpha: 100, rounds: 10, seeds: 1 },
  })
  const [average, median] = table.rows.map(({ accuracy }) => accuracy)
  expect(average!['none']).toBeGreaterThan(0.6)
  expect(average!['claim']).toBeLessThan(0.3)
  expect(median!['claim']).toBeGreaterThan(0.6)
  expect(attackLines(table)).toContain('| rule | none | claim |')
})

test('ALIE stays within the spread of honest updates', () => {
  const honest = [[1], [2], [3]].map((values) => Float64Array.from(values))
  const view = { honest, own: honest[0]!, stream: createStream(1, 'alie') }
  expect([...named('ALIE').send(view)]).toEqual([0.5])
})
