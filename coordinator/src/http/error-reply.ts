/** Errors as HTTP sees them: a status, and JSON {code, message, retryable}. */
import { ConsiliumError } from '@consilium/errors'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import {
  BadRequestError,
  BlobNotServedError,
  ControlRefusedError,
  CoordinatorStoppingError,
  ModelUnknownError,
  OperatorTokenError,
  RouteUnknownError,
  SessionUnknownError,
  UpdateRefusedError,
  UploadError,
} from '../errors.ts'
import { DiskFullError, explainSystemError } from '../explain-system-error.ts'

export interface ErrorBody {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  /** Where an upload goes on. */
  readonly offset?: number
}

export type ReplyWithError = (
  error: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
) => FastifyReply

/** `onRefused` is told the code of everything that is not answered as asked. */
export const createErrorReply =
  (onRefused: (code: string) => void): ReplyWithError =>
  (error, request, reply) => {
    const known = asConsiliumError(error)
    const { code, message, retryable } = known ?? INTERNAL
    onRefused(code)
    if (known === undefined) request.log.error({ err: error }, 'internal error')
    else request.log[known instanceof DiskFullError ? 'error' : 'info']({ code }, 'refused')
    const offset = known instanceof UploadError ? known.offset : undefined
    const body: ErrorBody = {
      code,
      message,
      retryable,
      ...(offset === undefined ? {} : { offset }),
    }
    return reply.code(known === undefined ? 500 : statusOf(known, error)).send(body)
  }

const INTERNAL: ErrorBody = {
  code: 'INTERNAL',
  message: 'The coordinator could not carry out the request: internal error. See its log.',
  retryable: true,
}

/** Fastify's own refusals (a body too large, a malformed URL) carry a status below 500. */
function asConsiliumError(error: FastifyError | Error): ConsiliumError | undefined {
  const explained = explainSystemError(error)
  if (explained instanceof ConsiliumError) return explained
  return 'statusCode' in error && (error.statusCode ?? 500) < 500
    ? new BadRequestError(error.message)
    : undefined
}

const STATUS: readonly (readonly [new (...args: never[]) => ConsiliumError, number])[] = [
  [SessionUnknownError, 401],
  [OperatorTokenError, 401],
  [BlobNotServedError, 404],
  [ModelUnknownError, 404],
  [RouteUnknownError, 404],
  [UploadError, 409],
  [ControlRefusedError, 409],
  [UpdateRefusedError, 422],
  [CoordinatorStoppingError, 503],
  [DiskFullError, 507],
]

function statusOf(known: ConsiliumError, error: FastifyError | Error): number {
  const listed = STATUS.find(([type]) => known instanceof type)?.[1]
  const given = 'statusCode' in error ? error.statusCode : undefined
  return listed ?? given ?? 400
}
