/** A study in PostgreSQL and a shared folder, backed up and restored as docs/operations.md says. */
import { execFileSync } from 'node:child_process'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findPostgres } from '../testing/postgres-server.ts'
import { useCoordinators, type Running } from '../testing/run-coordinator.ts'
import { smallPlan } from '../testing/small-study.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import { describeWithPostgres } from '../testing/use-postgres.ts'

const folder = useStateFolder()
const start = useCoordinators()
const NAMES = ['oslo', 'bern']

/** A program of PostgreSQL's, with the database of a study as its last argument. */
function run(program: 'pg_dump' | 'psql', args: readonly string[], store: string): void {
  const database = new URL(store)
  database.searchParams.delete('schema')
  execFileSync(join(findPostgres()!, program), [...args, database.href], { stdio: 'pipe' })
}

describeWithPostgres('a backup of a study in PostgreSQL', ({ freshUrl }) => {
  const replica = (name: string, store: string): Promise<Running> =>
    start(join(folder(), name), {
      ...{ store, blobs: join(folder(), 'blobs') },
      plan: smallPlan({ sites: 2, rounds: 3 }),
    })

  test('is taken in mid-round, while it runs, and goes on to the same model', async () => {
    const store = freshUrl()
    const schema = new URL(store).searchParams.get('schema')!
    const [blobs, copy, dump] = ['blobs', 'copy', 'dump.sql'].map((name) => join(folder(), name))
    const running = await replica('first', store)
    const [oslo, bern] = [await running.joined('oslo'), await running.joined('bern')]
    for (const site of [oslo, bern]) await site.deliver(await site.next('roundInvitation'))
    await running.recorded('round-committed')
    await oslo.deliver(await oslo.next('roundInvitation'))

    run('pg_dump', [`--schema=${schema}`, `--file=${dump}`], store)
    await cp(blobs!, copy!, { recursive: true })

    await bern.deliver(await bern.next('roundInvitation'))
    for (const site of [oslo, bern]) await site.deliver(await site.next('roundInvitation'))
    const { model } = await running.recorded('study-released')
    await running.close()
    await rm(blobs!, { recursive: true })

    await cp(copy!, blobs!, { recursive: true })
    const dropped = `--command=DROP SCHEMA IF EXISTS ${schema} CASCADE`
    run('psql', ['--quiet', dropped, `--file=${dump}`, '--single-transaction'], store)
    const restored = await replica('second', store)
    expect(restored.recovered).toMatchObject({ rounds: [{ round: 1 }] })
    await Promise.all(NAMES.map((name) => restored.site(name).takePart()))
    expect((await restored.recorded('study-released')).model).toEqual(model)
    const again = restored.entries.filter(({ kind }) => kind === 'update-spooled')
    expect(again).toMatchObject([{ round: 2, site: 'bern' }, { round: 3 }, { round: 3 }])
  }, 30_000)
})
