/**
 * The text of `--data`:
 *
 *     path/to/folder
 *     path/to/file.npz
 *     path/to/file.npz#split=2/4,skew=dirichlet:0.5,seed=0    the second of four parts
 *     path/to/file.npz#site=NAME                              one site of a file that has {split}_sites
 */
import { DataSourceSyntaxError } from '../errors.ts'

export const MAX_PARTS = 1000

/** How the parts of one file differ: not at all, in the proportions of their classes, or in their size. */
export type Skew =
  | { readonly kind: 'none' }
  | { readonly kind: 'dirichlet'; readonly alpha: number }
  | { readonly kind: 'quantity'; readonly alpha: number }

/** Part `part` (from 1) of `parts`. */
export interface Cut {
  readonly part: number
  readonly parts: number
  readonly skew: Skew
  readonly seed: number
}

export type NpzSelection =
  | { readonly kind: 'all' }
  | ({ readonly kind: 'cut' } & Cut)
  | { readonly kind: 'site'; readonly site: string }

/** `text` is what the user wrote: it names the source in messages. */
export type DataSource =
  | { readonly kind: 'folder'; readonly text: string; readonly path: string }
  | {
      readonly kind: 'npz'
      readonly text: string
      readonly path: string
      readonly select: NpzSelection
    }

/** Throws DATA_SOURCE_SYNTAX. Touches no file. */
export function parseDataSource(text: string): DataSource {
  if (text.trim() === '') throw new DataSourceSyntaxError({ text, problem: 'it is empty' })
  const npz = /^(?<path>.*\.npz)(?:#(?<options>.*))?$/i.exec(text)?.groups
  if (npz === undefined) return { kind: 'folder', text, path: text }
  return { kind: 'npz', text, path: npz['path']!, select: parseSelection(npz['options'], text) }
}

function parseSelection(text: string | undefined, source: string): NpzSelection {
  if (text === undefined) return { kind: 'all' }
  const options = parseOptions(text, source)
  const site = options.get('site')
  if (site === undefined) return { kind: 'cut', ...parseCut(options, source) }
  if (options.size > 1) refuse(source, "'site' stands alone")
  return { kind: 'site', site }
}

function parseOptions(text: string, source: string): Map<string, string> {
  const options = new Map<string, string>()
  for (const option of text.split(',')) {
    const [, key, value] = /^(site|split|skew|seed)=(.+)$/.exec(option) ?? []
    if (key === undefined || value === undefined) {
      return refuse(source, `'${option}' is none of site=, split=, skew=, seed=`)
    }
    if (options.has(key)) refuse(source, `'${key}' is there twice`)
    options.set(key, value)
  }
  return options
}

function parseCut(options: ReadonlyMap<string, string>, source: string): Cut {
  const split = options.get('split')
  if (split === undefined) return refuse(source, "'skew' and 'seed' need 'split=PART/PARTS'")
  const [, part, parts] = (/^(\d{1,4})\/(\d{1,4})$/.exec(split) ?? []).map(Number)
  if (part === undefined || parts === undefined || part < 1 || part > parts || parts > MAX_PARTS) {
    return refuse(
      source,
      `'split=${split}' is not PART/PARTS with 1 <= PART <= PARTS <= ${MAX_PARTS}`,
    )
  }
  return {
    part,
    parts,
    skew: parseSkew(options.get('skew'), source),
    seed: parseSeed(options.get('seed'), source),
  }
}

function parseSkew(text: string | undefined, source: string): Skew {
  if (text === undefined || text === 'none') return { kind: 'none' }
  const [, kind, alpha] = /^(dirichlet|quantity):(\d+(?:\.\d+)?)$/.exec(text) ?? []
  if (kind === undefined || !(Number(alpha) > 0)) {
    return refuse(
      source,
      `'skew=${text}' is none of none, dirichlet:ALPHA, quantity:ALPHA with ALPHA above 0`,
    )
  }
  return { kind: kind as 'dirichlet' | 'quantity', alpha: Number(alpha) }
}

function parseSeed(text: string | undefined, source: string): number {
  if (text === undefined) return 0
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : NaN
  return seed <= 0xffffffff
    ? seed
    : refuse(source, `'seed=${text}' is not a whole number of at most 32 bits`)
}

function refuse(text: string, problem: string): never {
  throw new DataSourceSyntaxError({ text, problem })
}
