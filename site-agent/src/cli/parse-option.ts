import { InvalidArgumentError } from 'commander'
import { MIN_BYTES_PER_SECOND } from '../pace/pace.ts'
import { parseTransferWindow, type TransferWindow } from '../pace/transfer-window.ts'
import { FORMAT_NAMES, type FormatName } from '../update/choose-format.ts'

export const SITE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

export function parseSite(text: string): string {
  if (SITE_NAME.test(text)) return text
  throw new InvalidArgumentError('Expected lower-case letters, digits and dashes, at most 63.')
}

export function parseUrl(text: string): string {
  if (isCoordinatorUrl(text)) return withoutSlash(text)
  throw new InvalidArgumentError('Expected an address such as http://127.0.0.1:8470.')
}

export const isCoordinatorUrl = (text: string): boolean =>
  ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '')

export const withoutSlash = (url: string): string => new URL(url).href.replace(/\/+$/, '')

/** A whole number from 1 to 99,999. */
export function parseCount(text: string): number {
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (count >= 1) return count
  throw new InvalidArgumentError('Expected a whole number from 1 to 99999.')
}

/** Names of wire formats, with commas between them. */
export function parseFormats(text: string): readonly FormatName[] {
  const names = text.split(',')
  const known = FORMAT_NAMES.filter((name) => names.includes(name))
  if (known.length === names.length) return known
  throw new InvalidArgumentError(
    `Expected names with commas between them: ${FORMAT_NAMES.join(', ')}.`,
  )
}

export function parseRate(text: string): number {
  const rate = /^\d{1,12}$/.test(text) ? Number(text) : 0
  if (rate >= MIN_BYTES_PER_SECOND) return rate
  throw new InvalidArgumentError(`Expected a whole number from ${MIN_BYTES_PER_SECOND}.`)
}

export function parseWindow(text: string): TransferWindow {
  const window = parseTransferWindow(text)
  if (window !== undefined) return window
  throw new InvalidArgumentError('Expected two times of day such as 22:00-06:00.')
}
