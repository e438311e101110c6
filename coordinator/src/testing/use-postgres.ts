import { findPostgres, startPostgres, type PostgresServer } from './postgres-server.ts'

export interface TestPostgres {
  readonly server: () => PostgresServer
  /** `--store` of a study that no other test has. */
  readonly freshUrl: () => string
  /** The same study by way of a port of this machine. */
  readonly through: (port: number, url: string) => string
}

/** `describe` where PostgreSQL is installed (Debian's package postgresql), else a skip that says so. Tests only. */
export function describeWithPostgres(name: string, tests: (postgres: TestPostgres) => void): void {
  const binaries = findPostgres()
  if (binaries === undefined) {
    test.skip(`${name}: skipped, PostgreSQL is not installed (Debian: apt install postgresql)`, () =>
      undefined)
    return
  }
  describe(name, () => {
    let server: PostgresServer
    let studies = 0
    beforeAll(async () => {
      server = await startPostgres(binaries)
    }, 60_000)
    afterAll(() => server.stop())
    tests({
      server: () => server,
      freshUrl: () => server.url(`study_${(studies += 1)}`),
      through,
    })
  })
}

function through(port: number, url: string): string {
  const address = new URL(url)
  address.searchParams.delete('host')
  address.hostname = '127.0.0.1'
  address.port = String(port)
  return address.href
}
