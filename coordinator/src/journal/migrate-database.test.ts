import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { useStateFolder } from '../testing/state-folder.ts'
import { migrateDatabase } from './migrate-database.ts'

const folder = useStateFolder()
const opened: Database.Database[] = []

afterEach(() => {
  for (const database of opened.splice(0)) database.close()
})

function open(name = 'a.sqlite'): Database.Database {
  const database = new Database(join(folder(), name))
  opened.push(database)
  return database
}

const FIRST = 'CREATE TABLE entries (text TEXT NOT NULL) STRICT'
const SECOND =
  'ALTER TABLE entries ADD COLUMN length INTEGER; UPDATE entries SET length = LENGTH(text)'

const migrate = (database: Database.Database, ...steps: readonly string[]): void => {
  migrateDatabase(database, { folder: folder(), steps })
}

test('a file of the format before is brought to this one, and kept as it was beside it', () => {
  const old = open()
  migrate(old, FIRST)
  old.exec("INSERT INTO entries VALUES ('four')")
  migrate(old, FIRST, SECOND)
  expect(old.prepare('SELECT * FROM entries').all()).toEqual([{ text: 'four', length: 4 }])
  expect(old.pragma('user_version', { simple: true })).toBe(2)
  const copy = open('a.sqlite.format-1')
  expect(copy.prepare('SELECT * FROM entries').all()).toEqual([{ text: 'four' }])
})

test('a new file gets all steps and leaves no copy; opening again changes nothing', () => {
  const database = open()
  migrate(database, FIRST, SECOND)
  migrate(database, FIRST, SECOND)
  expect(database.prepare('SELECT * FROM entries').all()).toEqual([])
  expect(existsSync(join(folder(), 'a.sqlite.format-0'))).toBe(false)
})

test('a step that fails leaves the file as it was', () => {
  const database = open()
  migrate(database, FIRST)
  database.exec("INSERT INTO entries VALUES ('four')")
  expect(() => {
    migrate(database, FIRST, `${SECOND}; SELECT nonsense`)
  }).toThrow('nonsense')
  expect(database.prepare('SELECT * FROM entries').all()).toEqual([{ text: 'four' }])
  expect(database.pragma('user_version', { simple: true })).toBe(1)
})

test('a file of a later format is refused with both numbers', () => {
  const database = open()
  migrate(database, FIRST, SECOND)
  expect(() => {
    migrate(database, FIRST)
  }).toThrow(/has format 2, this version of Consilium reads up to 1/)
})
