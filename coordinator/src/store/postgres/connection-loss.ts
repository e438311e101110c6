/** Whether an error says that the database could not be asked, rather than what it answered. */

/** SQLSTATE classes: connection exception, insufficient resources, operator intervention (restart, failover), system error. */
const LOST_CLASSES = ['08', '53', '57', '58']

const LOST_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
]

/** What pg throws without a code. */
const LOST_WORDS =
  /connection terminated|connection timeout|timeout expired|timeout exceeded|query read timeout|not queryable|connection error/i

/** A standby that has not been promoted yet takes no writes. */
const READ_ONLY = '25006'

/** The database has ended a transaction in which nothing was said for too long, with its connection. */
const TOO_SILENT = '25P03'

export function isConnectionLoss(error: unknown): boolean {
  const { code, message, errors } = error as Partial<Record<'code' | 'message' | 'errors', unknown>>
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isConnectionLoss)
  if (typeof code !== 'string') return LOST_WORDS.test(String(message))
  return [READ_ONLY, TOO_SILENT, ...LOST_CODES].includes(code) || isLostState(code)
}

const isLostState = (code: string): boolean =>
  code.length === 5 && LOST_CLASSES.some((lost) => code.startsWith(lost))
