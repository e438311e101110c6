/** The commands that control a running coordinator over HTTP: status, start, pause, resume, stop, extend. */
import { ConsiliumError } from '@consilium/errors'
import { CoordinatorUnreachableError, OperatorTokenError } from '../errors.ts'
import type { ControlAnswer } from '../http/control-routes.ts'
import type { ErrorBody } from '../http/error-reply.ts'
import type { Order } from '../rounds/control-study.ts'
import { createFileSecrets } from '../store/file-secrets.ts'
import { readPostgresSecret } from '../store/postgres/read-postgres-secret.ts'
import { OPERATOR_TOKEN } from '../study/operator-token.ts'
import type { StudyView } from '../study/study-view.ts'

export interface ControlOptions {
  /** Address of the coordinator. */
  readonly coordinator: string
  readonly operatorToken?: string | undefined
  /** State folder to read the token from. */
  readonly state?: string | undefined
  /** Database to read the token from. */
  readonly store?: string | undefined
}

/** A coordinator that does not answer within this time counts as away. */
const CONTROL_TIMEOUT_MS = 30_000

/** Throws COORDINATOR_UNREACHABLE. */
export const fetchStatus = (options: ControlOptions): Promise<StudyView> =>
  exchange<StudyView>(options, '/v1/study', {})

/** Throws COORDINATOR_UNREACHABLE, OPERATOR_TOKEN_MISSING, and what the coordinator refuses with. */
export async function sendOrder(
  options: ControlOptions,
  { kind, ...body }: Order,
): Promise<ControlAnswer> {
  const token = options.operatorToken ?? (await storedToken(options))
  if (token === undefined) throw new OperatorTokenError('missing')
  return exchange<ControlAnswer>(options, `/v1/study/${kind}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

async function storedToken({ state, store }: ControlOptions): Promise<string | undefined> {
  if (store !== undefined) return readPostgresSecret(store, OPERATOR_TOKEN)
  return state === undefined ? undefined : createFileSecrets(state).read(OPERATOR_TOKEN)
}

async function exchange<T>(
  { coordinator }: ControlOptions,
  path: string,
  init: RequestInit,
): Promise<T> {
  const url = coordinator.replace(/\/+$/, '')
  let response: Response
  let body: unknown
  try {
    const signal = AbortSignal.timeout(CONTROL_TIMEOUT_MS)
    response = await fetch(`${url}${path}`, { ...init, signal })
    body = await response.json()
  } catch (cause) {
    throw new CoordinatorUnreachableError({ url, problem: reasonOf(cause), cause })
  }
  if (response.ok) return body as T
  if (isErrorBody(body)) throw new ConsiliumError(body)
  throw new CoordinatorUnreachableError({ url, problem: `HTTP status ${response.status}` })
}

function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { message?: string; code?: string } }
  return cause?.code ?? cause?.message ?? (error as Error).message
}

const isErrorBody = (body: unknown): body is ErrorBody =>
  typeof body === 'object' && body !== null && 'code' in body && 'message' in body
