/** Names and places of the sites' data. */
import path from 'node:path'
import { parseDataSource } from '@consilium/site-agent'

export interface SiteSource {
  /** Lower-case letters, digits and dashes. */
  readonly name: string
  /** As `consilium-site --data` takes it. */
  readonly source: string
}

/** Sites of the user's own data: named after folder or file, numbered where names repeat. Throws DATA_SOURCE_SYNTAX. */
export function sitesOf(texts: readonly string[], base: string): readonly SiteSource[] {
  const sources = texts.map((text) => resolveSource(text, base))
  const names = sources.map(nameOf)
  return sources.map((source, i) => {
    const repeats = names.filter((name) => name === names[i]).length > 1
    return { name: repeats ? `${names[i]!}-${i + 1}` : names[i]!, source }
  })
}

/** Relative paths are relative to where the user is, not to the repository. */
export function resolveSource(text: string, base: string): string {
  const source = parseDataSource(text)
  return path.resolve(base, source.path) + text.slice(source.path.length)
}

function nameOf(source: string): string {
  const { path: place, kind } = parseDataSource(source)
  const slug = path
    .basename(place, kind === 'npz' ? path.extname(place) : '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
  return slug === '' ? 'site' : slug
}
