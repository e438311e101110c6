import { createReadiness, type Check } from './readiness.ts'

const fine: Check = { name: 'fine', run: () => Promise.resolve(undefined) }

test('a coordinator is ready when every check is', async () => {
  expect(await createReadiness([fine])()).toEqual({ ready: true, checks: { fine: 'ok' } })
})

test('what is wrong is said by the check that found it, also when it throws', async () => {
  const full: Check = { name: 'disk', run: () => Promise.resolve('full: delete something') }
  const broken: Check = { name: 'journal', run: () => Promise.reject(new Error('EIO')) }
  expect(await createReadiness([fine, full, broken])()).toEqual({
    ready: false,
    checks: { fine: 'ok', disk: 'full: delete something', journal: 'failed: EIO' },
  })
})

test('questions at the same time run the checks once, later ones again', async () => {
  let runs = 0
  const ready = createReadiness([
    {
      name: 'counted',
      run: () => {
        runs += 1
        return Promise.resolve(undefined)
      },
    },
  ])
  await Promise.all([ready(), ready()])
  expect(runs).toBe(1)
  await ready()
  expect(runs).toBe(2)
})
