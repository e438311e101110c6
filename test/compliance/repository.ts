/** The repository as text: what the compliance tests compare with each other. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Folders with the sources of the product, and of what a newcomer runs first: the demonstration and the benchmark. */
const SOURCE_FOLDERS = [
  'proto/src',
  'shared',
  'coordinator/src',
  'site-agent/src',
  'test/demo',
  'test/bench',
]

const PASSED_OVER = /(^|\/)(node_modules|dist|gen|testing)\/|\.test\.ts$|\.d\.ts$/

export interface SourceFile {
  /** Relative to the repository, with `/`. */
  readonly path: string
  readonly text: string
}

export const readDocument = (file: string): string => readFileSync(path.join(root, file), 'utf8')

/** Every TypeScript source that is neither generated nor a test nor a part of one. */
export function readSources(): readonly SourceFile[] {
  return SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      path.posix.join(folder, file.replaceAll(path.sep, '/')),
    ),
  )
    .filter((file) => file.endsWith('.ts') && !PASSED_OVER.test(file))
    .map((file) => ({ path: file, text: readDocument(file) }))
}

/** The cells of every table row whose first cell is a name in code style: `MAX_SITES`. Code style is taken off. */
export function readTableRows(markdown: string): readonly (readonly string[])[] {
  return markdown
    .split('\n')
    .filter((line) => /^\| *`[A-Z][A-Z0-9_]*` *\|/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
    )
}
