import pg from 'pg'
import { describeWithPostgres } from '../../testing/use-postgres.ts'
import type { Store } from '../store.ts'
import { FORMAT } from './migrations.ts'
import { openPostgresStore } from './open-postgres-store.ts'

test.each([
  ['mysql://localhost/x', 'it is no postgres:// URL'],
  ['journal.sqlite', 'it is no postgres:// URL'],
  ['postgres://localhost/x?schema=Robert"; DROP', 'the schema'],
])('STORE_ADDRESS: %s', async (address, problem) => {
  await expect(openPostgresStore(address)).rejects.toMatchObject({
    code: 'STORE_ADDRESS',
    message: expect.stringContaining(problem) as unknown,
  })
})

test('STORE_UNREACHABLE names the database and never the password', async () => {
  const address = 'postgres://consilium:hunter2@127.0.0.1:1/studies'
  await expect(openPostgresStore(address)).rejects.toMatchObject({
    code: 'STORE_UNREACHABLE',
    message: expect.stringMatching(
      /^(?!.*hunter2).*postgres:\/\/127\.0\.0\.1:1\/studies \(schema consilium\)/,
    ) as unknown,
  })
})

describeWithPostgres('a study in PostgreSQL', ({ freshUrl }) => {
  let url: string
  const opened: Store[] = []

  beforeEach(() => {
    url = freshUrl()
  })
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close()
  })

  const open = async (): Promise<Store> => {
    const store = await openPostgresStore(url)
    opened.push(store)
    return store
  }

  const query = async (text: string): Promise<unknown[]> => {
    const address = new URL(url)
    const schema = address.searchParams.get('schema')!
    address.searchParams.delete('schema')
    const options = `-c search_path=${schema}`
    const client = new pg.Client({ connectionString: address.href, options })
    await client.connect()
    const { rows } = await client.query(text)
    await client.end()
    return rows as unknown[]
  }

  test('coordinators that start together make the tables once', async () => {
    await Promise.all([open(), open(), open()])
    expect(await query('select * from meta')).toEqual([{ format: FORMAT }])
  })

  test('STORE_TOO_NEW: tables of a newer version are left alone', async () => {
    await open()
    await query('update meta set format = 99')
    await expect(openPostgresStore(url)).rejects.toMatchObject({
      code: 'STORE_TOO_NEW',
      message: expect.stringContaining(
        `format 99, this version of Consilium reads up to`,
      ) as unknown,
    })
  })

  test('all coordinators have the same secrets, whoever made them', async () => {
    const [here, there] = [await open(), await open()]
    expect(await here.secrets.read('join-token')).toBeUndefined()
    const made = await Promise.all([
      here.secrets.make('join-token', 'of here'),
      there.secrets.make('join-token', 'of there'),
    ])
    expect(made[0]).toBe(made[1])
    await there.secrets.write('join-token', 'given')
    expect(await here.secrets.make('join-token', 'another')).toBe('given')
  })

  test('a session holds in every coordinator, until its site begins another one anywhere', async () => {
    const [here, there] = [await open(), await open()]
    const first = await here.sessions.open('oslo')
    expect(await there.sessions.siteOf(first.token)).toBe('oslo')
    const heard = new Promise((resolve) => {
      here.sessions.onOpened((site, epoch) => {
        if (epoch > first.epoch) resolve([site, epoch])
      })
    })
    const second = await there.sessions.open('oslo')
    expect(await heard).toEqual(['oslo', second.epoch])
    expect(await here.sessions.siteOf(first.token)).toBeUndefined()
    expect(await here.sessions.siteOf(second.token)).toBe('oslo')
  })

  test('tokens of sessions are not in the database', async () => {
    const { token } = await (await open()).sessions.open('oslo')
    expect(JSON.stringify(await query('select * from session'))).not.toContain(token)
  })
})
