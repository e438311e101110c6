import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { useCoordinators, type Running } from '../testing/run-coordinator.ts'
import { useStateFolder } from '../testing/state-folder.ts'

const folder = useStateFolder()
const start = useCoordinators()

const at = (running: Running, path: string) => fetch(`${running.url}${path}`)

/** The samples of a scrape by name and labels. */
async function scrape(running: Running): Promise<ReadonlyMap<string, number>> {
  const text = await (await at(running, '/metrics')).text()
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(samples.map((line) => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]))
}

test('a coordinator that can work is alive and ready, and names what it looked at', async () => {
  const running = await start(folder())
  expect(await (await at(running, '/livez')).json()).toEqual({ status: 'ok' })
  const ready = await at(running, '/readyz')
  expect([ready.status, await ready.json()]).toEqual([
    200,
    {
      status: 'ready',
      checks: { journal: 'ok', 'state-folder': 'ok', 'disk-space': 'ok', stopping: 'ok' },
    },
  ])
})

test('a coordinator whose state folder is gone is alive and not ready, in words', async () => {
  const state = join(folder(), 'state')
  const running = await start(state)
  rmSync(state, { recursive: true })
  expect((await at(running, '/livez')).status).toBe(200)
  const ready = await at(running, '/readyz')
  const { checks } = (await ready.json()) as { checks: Record<string, string> }
  expect([ready.status, checks['state-folder']]).toEqual([
    503,
    'cannot be written (ENOENT). Look at the disk and at who owns the folder',
  ])
})

test('metrics show an open round', async () => {
  const running = await start(folder())
  for (const name of ['oslo', 'bern', 'rome']) await running.joined(name)
  const gathered = await scrape(running)
  expect(gathered.get('consilium_study_phase{phase="collecting"}')).toBe(1)
  expect(gathered.get('consilium_sites_connected')).toBe(3)
  expect(gathered.get('consilium_round_outstanding_sites')).toBe(3)
  expect(gathered.get('consilium_round_deadline_seconds')).toBeGreaterThan(500)
})

test('metrics of a finished study agree with its journal', async () => {
  const running = await start(folder())
  await Promise.all(['oslo', 'bern', 'rome'].map((name) => running.site(name).takePart()))
  const finished = await scrape(running)
  const { seq, up, down } = running.state()
  expect(finished.get('consilium_study_phase{phase="finished"}')).toBe(1)
  expect(finished.get('consilium_fold_seconds_count')).toBe(2)
  expect(finished.get('consilium_rounds_committed_total')).toBe(2)
  expect(finished.get('consilium_update_received_bytes_total')).toBe(up.bytes)
  expect(finished.get('consilium_model_sent_bytes_total')).toBe(down.bytes)
  expect(finished.get('consilium_journal_entries_total')).toBe(seq)
  expect(finished.get('consilium_journal_append_seconds_sum')).toBeGreaterThan(0)
  expect(finished.get('process_resident_memory_bytes')).toBeGreaterThan(1e7)
  expect(finished.get('consilium_event_loop_lag_seconds{quantile="1"}')).toBeGreaterThanOrEqual(0)
})

test('refusals are counted by code, over HTTP and over the socket, and name no site', async () => {
  const running = await start(folder())
  await at(running, '/nothing')
  await running.site('oslo', { joinToken: 'wrong' }).join()
  const text = await (await at(running, '/metrics')).text()
  expect(text).toContain('consilium_refusals_total{code="ROUTE_UNKNOWN"} 1\n')
  expect(text).toContain('consilium_refusals_total{code="JOIN_TOKEN_WRONG"} 1\n')
  expect(text).not.toContain('oslo')
})
