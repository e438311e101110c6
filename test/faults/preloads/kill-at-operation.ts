/**
 * Loaded into a program with `node --import`: counts the operations by which the process changes its disk, and at the one
 * it was told ends the process with SIGKILL. The program itself knows nothing of it. Counted are the calls of `node:fs`
 * and of better-sqlite3 that change something, in all threads together:
 *
 *     CONSILIUM_TEST_PROGRAM     end of the path of the program that is meant, so that its children are left alone
 *     CONSILIUM_TEST_KILL_NAME   operation at which it dies; `*` is any, none kills
 *     CONSILIUM_TEST_KILL_AT     at which of those with that name, from 1
 *     CONSILIUM_TEST_KILL_HOW    `before` it, `after` it, or `within` it: after half of its bytes, where it writes some
 *     CONSILIUM_TEST_KILL_ONCE   file that is made when it dies; where it is there already, the process lives
 *     CONSILIUM_TEST_OPERATIONS  file that gets a line per operation before it is done
 */
import fs from 'node:fs'
import fsPromises from 'node:fs/promises'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { basename, dirname } from 'node:path'
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'

type Call = (this: unknown, ...args: unknown[]) => unknown
type Patched = Record<string, Call>

const COUNTER = 'consilium-test-operations'
const onceFile = process.env['CONSILIUM_TEST_KILL_ONCE']
const hasDied = onceFile !== undefined && fs.existsSync(onceFile)
const killName = process.env['CONSILIUM_TEST_KILL_NAME']
const killAt = hasDied ? 0 : Number(process.env['CONSILIUM_TEST_KILL_AT'] ?? 0)
const killHow = process.env['CONSILIUM_TEST_KILL_HOW']
const listFile = process.env['CONSILIUM_TEST_OPERATIONS']
const program = process.env['CONSILIUM_TEST_PROGRAM']

const isMeant = isMainThread
  ? program !== undefined && process.argv[1]?.endsWith(program) === true
  : (getEnvironmentData(COUNTER) as unknown) !== undefined
if (isMeant) await watch()

async function watch(): Promise<void> {
  const counter = sharedCounter()
  const append = fs.appendFileSync as unknown as Call
  let inside = false
  const make = fs.writeFileSync as unknown as Call
  const die = (): never => {
    if (onceFile !== undefined) once(fs, make, [onceFile, ''])
    process.kill(process.pid, 'SIGKILL')
    // The signal arrives before this thread does anything else.
    return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) as never
  }

  /** Counts an operation. Answers whether the process is to die within or after it. */
  const begin = (name: string): boolean => {
    if (listFile !== undefined) once(fs, append, [listFile, `${name}\n`])
    if (killName !== '*' && name !== killName) return false
    if (Atomics.add(counter, 0, 1) + 1 !== killAt) return false
    return killHow === 'before' ? die() : true
  }

  /** An operation that Node makes of others is one. */
  const once = (self: unknown, original: Call, args: unknown[]): unknown => {
    inside = true
    try {
      return original.apply(self, args)
    } finally {
      inside = false
    }
  }

  /** `bytes`: position of the bytes, for calls that write some; `path`: of the file's name, where it is an argument. */
  const patch = (
    owner: Patched,
    method: string,
    { bytes, path }: { bytes?: number; path?: number } = {},
  ): void => {
    const original = owner[method]!
    owner[method] = function (...args) {
      if (inside) return original.apply(this, args)
      const file = path === undefined ? nameOfDescriptor(this) : args[path]
      const subject = bytes === undefined ? '' : subjectOf(args[bytes])
      if (!begin(`${method} ${shortName(file)}${subject}`)) return once(this, original, args)
      if (bytes !== undefined && killHow === 'within') halve(args, bytes)
      const done = once(this, original, args)
      return done instanceof Promise ? done.then(die, die) : die()
    }
  }

  patchFiles(patch, fs as unknown as Patched, fsPromises as unknown as Patched)
  await patchHandles(patch)
  patchOpening(begin)
  patchSqlite(begin, die)
  syncBuiltinESMExports()
}

function sharedCounter(): Int32Array {
  if (isMainThread) setEnvironmentData(COUNTER, new SharedArrayBuffer(4))
  return new Int32Array(getEnvironmentData(COUNTER) as unknown as SharedArrayBuffer)
}

/** The last two parts of a path: enough to know it by, and the same in every run. Random names are left out. */
function shortName(path: unknown): string {
  const text = String(path)
  const short = `${basename(dirname(text))}/${basename(text)}`
  return short
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '*')
    .replaceAll(/[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(/consilium-faults-\w{6}/g, '*')
}

/** Where a file handle leads; empty for what has no handle, and where the system does not tell. */
function nameOfDescriptor(handle: unknown): string {
  const fd = (handle as { fd?: unknown } | undefined)?.fd
  try {
    return typeof fd === 'number' ? fs.readlinkSync(`/proc/self/fd/${fd}`) : ''
  } catch {
    return ''
  }
}

/** Bytes may be followed by an offset and a length that say which of them are meant. */
function halve(args: unknown[], place: number): void {
  const [bytes, offset, length] = args.slice(place, place + 3)
  if (typeof bytes === 'string') args[place] = bytes.slice(0, bytes.length / 2)
  if (!(bytes instanceof Uint8Array)) return
  if (typeof offset !== 'number') args[place] = bytes.subarray(0, bytes.length / 2)
  else
    args[place + 2] = Math.floor((typeof length === 'number' ? length : bytes.length - offset) / 2)
}

/** What a line of JSON is about, where it says so. */
function subjectOf(content: unknown): string {
  const kind = typeof content === 'string' ? /"kind":"([\w ]+)"/.exec(content)?.[1] : undefined
  return kind === undefined ? '' : ` ${kind}`
}

type Patch = (owner: Patched, method: string, how?: { bytes?: number; path?: number }) => void

function patchFiles(patch: Patch, sync: Patched, promised: Patched): void {
  for (const name of ['appendFile', 'writeFile']) {
    patch(promised, name, { path: 0, bytes: 1 })
    patch(sync, `${name}Sync`, { path: 0, bytes: 1 })
  }
  for (const name of ['rename', 'link', 'copyFile', 'symlink']) {
    patch(promised, name, { path: 1 })
    patch(sync, `${name}Sync`, { path: 1 })
  }
  for (const name of ['rm', 'unlink', 'mkdir', 'rmdir', 'truncate', 'chmod']) {
    patch(promised, name, { path: 0 })
    patch(sync, `${name}Sync`, { path: 0 })
  }
  for (const name of ['write', 'writeSync']) patch(sync, name, { bytes: 1 })
  patch(sync, 'writev')
  for (const name of ['fsyncSync', 'fdatasyncSync', 'ftruncateSync']) patch(sync, name)
}

async function patchHandles(patch: Patch): Promise<void> {
  const handle = await fsPromises.open(process.execPath, 'r')
  const prototype = Object.getPrototypeOf(handle) as Patched
  for (const name of ['write', 'writeFile', 'appendFile']) patch(prototype, name, { bytes: 0 })
  for (const name of ['sync', 'datasync', 'truncate']) patch(prototype, name)
  await handle.close()
}

/** Opening counts only where it makes or empties a file. */
function patchOpening(begin: (name: string) => boolean): void {
  const promised = fsPromises as unknown as Patched
  const original = promised['open']!
  promised['open'] = function (...args) {
    if (/[wa]/.test((args[1] as string | undefined) ?? 'r')) begin(`open ${shortName(args[0])}`)
    return original.apply(this, args)
  }
}

/** A statement that writes is a transaction of its own, or a part of one: SQLite does all of it or nothing. */
function patchSqlite(begin: (name: string) => boolean, die: () => never): void {
  const require = createRequire(import.meta.resolve('@consilium/coordinator'))
  const Database = require('better-sqlite3') as new (file: string) => {
    prepare(sql: string): object
    close(): void
  }
  const database = new Database(':memory:')
  const statement = Object.getPrototypeOf(database.prepare('SELECT 1')) as Patched
  const isWrite = (sql: unknown): boolean => !/^\s*(select|pragma)/i.test(String(sql))
  const wrap = (
    owner: Patched,
    method: string,
    sqlOf: (self: unknown, args: unknown[]) => unknown,
  ) => {
    const original = owner[method]!
    owner[method] = function (...args) {
      const sql = String(sqlOf(this, args))
      const last = isWrite(sql) && begin(sqliteName(sql, args))
      const answer = original.apply(this, args)
      return last ? die() : answer
    }
  }
  for (const method of ['run', 'get', 'all'])
    wrap(statement, method, (self) => (self as { source: string }).source)
  wrap(Object.getPrototypeOf(database) as Patched, 'exec', (_, args) => args[0])
  database.close()
}

/** What is appended to the journal is known by the kinds of its entries. */
function sqliteName(sql: string, args: readonly unknown[]): string {
  const kinds = args.flat().filter((arg) => /^[a-z]+(-[a-z]+)+$/.test(String(arg)))
  if (/^insert into "journal"/.test(sql)) return `journal ${kinds.join(', ')}`
  return `sqlite ${sql.trim().split(/\s+/, 3).join(' ')}`
}
