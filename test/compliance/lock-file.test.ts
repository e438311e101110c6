import { readDocument } from './repository.ts'

const lock = readDocument('package-lock.json')
const { packages } = JSON.parse(lock) as {
  packages: Record<string, { gypfile?: boolean }>
}

test('a machine without a compiler installs better-sqlite3 from the binaries it ships (see .ci/lock)', () => {
  expect(packages['node_modules/better-sqlite3']).toMatchObject({ gypfile: false })
})

test('packages come from whatever registry the machine uses', () => {
  expect(lock).not.toMatch(/"resolved": "https?:/)
})
