/** The operator's orders: start, pause, resume, stop and extend, with the operator's token. Every one may be repeated. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { BadRequestError, OperatorTokenError } from '../errors.ts'
import { MAX_REASON_LENGTH, decideOrder, type Order } from '../rounds/control-study.ts'
import { describeWait } from '../rounds/describe-wait.ts'
import type { StudyDriver } from '../rounds/study-driver.ts'
import type { Orders, Phase } from '../rounds/study-state.ts'
import { isOperatorToken } from '../study/operator-token.ts'
import { bearerOf } from './bearer.ts'

export interface ControlRoutesDeps {
  readonly driver: StudyDriver
  readonly deadlineInMs: () => number
  readonly operatorToken: string
}

/** What an order led to. */
export interface ControlAnswer {
  /** False where the study was so already. */
  readonly changed: boolean
  readonly study: string
  readonly state: Phase['kind']
  readonly orders: Orders
  /** Rounds that are committed. */
  readonly committed: number
  /** Why it waits, for people. */
  readonly wait: string
}

const PARSERS: Readonly<Record<Order['kind'], (body: Body) => Order>> = {
  start: ({ sites, ...rest }) => ({
    kind: nothingElse('start', rest),
    ...optional('sites', wholeNumber('sites', sites)),
  }),
  pause: ({ reason, ...rest }) => ({
    kind: nothingElse('pause', rest),
    ...optional('reason', parseReason(reason)),
  }),
  resume: (body) => ({ kind: nothingElse('resume', body) }),
  stop: ({ afterRound = false, ...rest }) => {
    if (typeof afterRound !== 'boolean') throw new BadRequestError("'afterRound' is true or false")
    return { kind: nothingElse('stop', rest), afterRound }
  },
  extend: ({ rounds, deadlineMs, ...rest }) => {
    if (rounds === undefined && deadlineMs === undefined)
      throw new BadRequestError("'extend' needs 'rounds', 'deadlineMs' or both")
    return {
      kind: nothingElse('extend', rest),
      ...optional('rounds', wholeNumber('rounds', rounds)),
      ...optional('deadlineMs', wholeNumber('deadlineMs', deadlineMs)),
    }
  },
}

export function addControlRoutes(app: FastifyInstance, deps: ControlRoutesDeps): void {
  const onRequest = (request: FastifyRequest, _: unknown, done: () => void): void => {
    assertOperator(request, deps.operatorToken)
    done()
  }
  for (const [kind, parse] of Object.entries(PARSERS)) {
    app.post(`/v1/study/${kind}`, { onRequest }, (request) =>
      carryOut(deps, parse(parseBody(request.body))),
    )
  }
}

function assertOperator(request: FastifyRequest, expected: string): void {
  const given = bearerOf(request)
  if (given === undefined) throw new OperatorTokenError('missing')
  if (!isOperatorToken(given, expected)) throw new OperatorTokenError('wrong')
}

async function carryOut(deps: ControlRoutesDeps, order: Order): Promise<ControlAnswer> {
  const { driver, deadlineInMs } = deps
  let changed = false
  await driver.submit((state) => {
    const events = decideOrder(state, order, deadlineInMs())
    changed = events.length > 0
    return events
  })
  const state = driver.state()
  return {
    changed,
    study: state.plan.name,
    state: state.phase.kind,
    orders: state.orders,
    committed: state.rounds.length,
    wait: describeWait(state, deadlineInMs()),
  }
}

type Body = Readonly<Record<string, unknown>>

function parseBody(body: unknown): Body {
  if (body === undefined || body === null) return {}
  if (typeof body === 'object' && !Array.isArray(body)) return body as Body
  throw new BadRequestError('expected a JSON object')
}

function nothingElse<K extends Order['kind']>(kind: K, rest: Body): K {
  const [unknown] = Object.keys(rest)
  if (unknown === undefined) return kind
  throw new BadRequestError(`'${kind}' has no field '${unknown}'`)
}

function wholeNumber(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number
  throw new BadRequestError(`'${name}' is a whole number above 0`)
}

/** One line of text: it is shown to sites and on the live page. */
function parseReason(reason: unknown): string | undefined {
  if (reason === undefined) return undefined
  const isText = typeof reason === 'string' && /^[^\p{Cc}]+$/u.test(reason)
  if (isText && reason.length <= MAX_REASON_LENGTH) return reason
  throw new BadRequestError(`'reason' is one line of at most ${MAX_REASON_LENGTH} characters`)
}

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V }
