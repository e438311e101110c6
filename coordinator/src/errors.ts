import { ConsiliumError, type ErrorDetails } from '@consilium/errors'

/** Thrown when another process works in the state folder. */
export class StateFolderInUseError extends ConsiliumError {
  constructor(folder: string) {
    super({
      code: 'STATE_FOLDER_IN_USE',
      message: `Another coordinator is running on the state folder ${folder}. Stop it first, or give this one another --state.`,
    })
  }
}

/** Thrown when the state folder was written by a newer version. */
export class StateFolderTooNewError extends ConsiliumError {
  constructor({ folder, format, known }: { folder: string; format: number; known: number }) {
    super({
      code: 'STATE_FOLDER_TOO_NEW',
      message: `The state folder ${folder} has format ${format}, this version of Consilium reads up to ${known}. Upgrade Consilium.`,
    })
  }
}

/** Thrown when a coordinator is started without a plan where there is no study. */
export class NoStudyError extends ConsiliumError {
  constructor(place: string) {
    super({
      code: 'STATE_NO_STUDY',
      message: `There is no study in ${place}. Start once with --plan plan.json to create it.`,
    })
  }
}

/** Thrown when the study given differs from the one in the state folder. */
export class StudyDiffersError extends ConsiliumError {
  constructor({ what, given, stored }: { what: string; given: string; stored: string }) {
    super({
      code: 'STUDY_DIFFERS',
      message: `The ${what} given has digest ${given}, the stored study was created with ${stored}. A study keeps its ${what}: leave the option out to go on with it, or use another --state or --store for a new study.`,
    })
  }
}

/** Thrown when a file named on the command line cannot be used. */
export class InputFileError extends ConsiliumError {
  constructor({ what, path, cause }: { what: string; path: string; cause: Error }) {
    super({
      code: 'INPUT_FILE',
      message: `The ${what} ${path} cannot be used: ${cause.message.replace(/\.?$/, '.')} Correct the file or its name.`,
      cause,
    })
  }
}

/** Thrown when the coordinator would listen to a network without encryption. */
export class InsecureHostError extends ConsiliumError {
  constructor(host: string) {
    super({
      code: 'HOST_NEEDS_TLS',
      message: `Host ${host} is reachable from other machines, and without TLS tokens and weights would travel in the clear. Give --tls-cert and --tls-key, listen on 127.0.0.1 behind a TLS-terminating proxy, or add --insecure-no-tls on a network you trust.`,
    })
  }
}

/** Thrown when only one of the two TLS files is given. */
export class TlsOptionsError extends ConsiliumError {
  constructor() {
    super({
      code: 'TLS_OPTIONS',
      message:
        'TLS needs both --tls-cert, the certificate with its chain, and --tls-key, its private key, as PEM files.',
    })
  }
}

/** Thrown when the address cannot be listened on. */
export class ListenError extends ConsiliumError {
  constructor({ host, port, cause }: { host: string; port: number; cause: Error }) {
    super({
      code: 'LISTEN_FAILED',
      message: `Cannot listen on ${host} port ${port}: ${cause.message}. Stop what uses the port, or choose another --port (0 takes any).`,
      cause,
    })
  }
}

/** Thrown for requests that arrive while the coordinator shuts down. */
export class CoordinatorStoppingError extends ConsiliumError {
  constructor() {
    super({
      code: 'COORDINATOR_STOPPING',
      message: 'The coordinator is shutting down. Try again when it is back.',
      retryable: true,
    })
  }
}

/** Thrown when the text after --store is not understood. */
export class StoreAddressError extends ConsiliumError {
  constructor(problem: string) {
    super({
      code: 'STORE_ADDRESS',
      message: `The address given with --store cannot be used: ${problem}. Write postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME; what is left out is taken from libpq's variables (PGHOST, PGPASSWORD, …).`,
    })
  }
}

/** Thrown when the database does not let the coordinator in at its start. */
export class StoreUnreachableError extends ConsiliumError {
  constructor({ address, cause }: { address: string; cause: Error }) {
    super({
      code: 'STORE_UNREACHABLE',
      message: `The database ${address} cannot be used: ${cause.message.replace(/\.?$/, '.')} Check the address, the user's rights (it must own or may create the schema) and that PostgreSQL runs.`,
      retryable: true,
      cause,
    })
  }
}

/** Thrown when the tables in the database were written by a newer version. */
export class StoreTooNewError extends ConsiliumError {
  constructor({ schema, format, known }: { schema: string; format: number; known: number }) {
    super({
      code: 'STORE_TOO_NEW',
      message: `The schema ${schema} in the database has format ${format}, this version of Consilium reads up to ${known}. Upgrade Consilium.`,
    })
  }
}

/** Thrown when the journal holds fewer entries than this process has read from it. */
export class JournalWentBackError extends ConsiliumError {
  constructor({ known, newest }: { known: number; newest: number }) {
    super({
      code: 'JOURNAL_WENT_BACK',
      message: `The journal ends at entry ${newest}, and this coordinator has read ${known}. The database was restored, or failed over to a copy that lagged. Start the coordinator again: it goes on from what the database holds. Use synchronous replication.`,
    })
  }
}

/** Thrown when the journal does not read as it was written. */
export class JournalDamagedError extends ConsiliumError {
  constructor({ problem, cause }: { problem: string; cause?: unknown }) {
    super({
      code: 'JOURNAL_DAMAGED',
      message: `The journal is damaged: ${problem}. Nothing was changed. Restore the study from a backup; if there is none, keep the state folder as it is and ask for help.`,
      ...(cause !== undefined && { cause }),
    })
  }
}

/** Thrown when something was begun under a lease that another coordinator has taken since. */
export class LeaseLostError extends ConsiliumError {
  constructor() {
    super({
      code: 'LEASE_LOST',
      message:
        'Another coordinator of the study has taken over what this one was doing, because this one could not renew its lease in time. Nothing is lost: it does it again. If this happens often, look at the connection to the database.',
      retryable: true,
    })
  }
}

/** Thrown when a file of the store does not have the digest it is stored under. */
export class BlobCorruptError extends ConsiliumError {
  constructor(digest: string) {
    super({
      code: 'BLOB_CORRUPT',
      message: `The stored file ${digest} does not have that SHA-256 any more. Check the disk, restore the state folder from a backup, and start again.`,
    })
  }
}

/** Thrown when the store lacks a file that the journal counts on. */
export class BlobMissingError extends ConsiliumError {
  constructor(digest: string) {
    super({
      code: 'BLOB_MISSING',
      message: `The store has no file ${digest}. Restore the blobs from a backup as new as the journal, and start again.`,
    })
  }
}

/** Thrown when the average of finite updates overflows float32. */
export class AverageNotFiniteError extends ConsiliumError {
  constructor() {
    super({
      code: 'AVERAGE_NOT_FINITE',
      message:
        'The average of the updates is too large for float32: training diverges. Lower the learning rate in the study plan and start a new study.',
    })
  }
}

/** Thrown when a round has fewer updates than its rule can do with. */
export class CohortTooSmallError extends ConsiliumError {
  constructor({ rule, updates, ...minimum }: CohortTooSmall) {
    super({
      code: 'COHORT_TOO_SMALL',
      message: `The round has ${updates} updates, the rule '${rule}' needs ${minimum.needed} (${minimum.reason}). Start a new study with a larger quorum or another rule.`,
    })
  }
}

interface CohortTooSmall {
  readonly rule: string
  readonly updates: number
  readonly needed: number
  readonly reason: string
}

/** Thrown when an order of the operator cannot be carried out. Nothing was changed. */
export class ControlRefusedError extends ConsiliumError {
  constructor({ code, ...details }: Omit<ErrorDetails, 'code'> & { code: ControlRefusal }) {
    super({ code, ...details })
  }
}

export type ControlRefusal =
  | 'CONTROL_STUDY_ENDED'
  | 'CONTROL_STOPPING'
  | 'CONTROL_COHORT'
  | 'CONTROL_ROUNDS'
  | 'CONTROL_NO_OPEN_ROUND'
  | 'CONTROL_DEADLINE'

/** Thrown when an order comes without the operator's token, or with another. */
export class OperatorTokenError extends ConsiliumError {
  constructor(what: 'missing' | 'wrong') {
    super({
      code: what === 'missing' ? 'OPERATOR_TOKEN_MISSING' : 'OPERATOR_TOKEN_WRONG',
      message: `The operator's token is ${what}. It lies in the file operator-token of the coordinator's state folder: give --state, --operator-token or CONSILIUM_OPERATOR_TOKEN.`,
    })
  }
}

/** Thrown when a command finds no coordinator at its address. */
export class CoordinatorUnreachableError extends ConsiliumError {
  constructor({ url, problem, cause }: { url: string; problem: string; cause?: unknown }) {
    super({
      code: 'COORDINATOR_UNREACHABLE',
      message: `No coordinator answers at ${url}: ${problem}. Check --coordinator, and that the coordinator runs.`,
      cause,
    })
  }
}

/** Thrown when a site may not join. */
export class JoinRefusedError extends ConsiliumError {
  constructor({ code, message }: { code: JoinRefusal; message: string }) {
    super({ code, message })
  }
}

export type JoinRefusal =
  'JOIN_TOKEN_WRONG' | 'JOIN_MALFORMED' | 'SITE_NAME_INVALID' | 'SITE_NAME_TAKEN' | 'STUDY_FULL'

/** Thrown when a site asks for something in a study that has ended without a model. */
export class StudyAbortedError extends ConsiliumError {
  constructor({ code, message }: { code: string; message: string }) {
    super({ code: 'STUDY_ABORTED', message: `The study was aborted (${code}). ${message}` })
  }
}

/** Thrown when a frame comes out of turn or does not mean anything. */
export class UnexpectedFrameError extends ConsiliumError {
  constructor({ got, expected }: { got: string; expected: string }) {
    super({
      code: 'PROTO_UNEXPECTED',
      message: `Got '${got}' where ${expected} was expected. Check that the site runs a released version of Consilium.`,
    })
  }
}

/** Thrown when a site's frame holds a value out of range. */
export class InvalidFieldError extends ConsiliumError {
  constructor({ field, expected }: { field: string; expected: string }) {
    super({
      code: 'PROTO_INVALID_FIELD',
      message: `The field '${field}' of a message is not ${expected}. Check that the site runs a released version of Consilium.`,
    })
  }
}

/** Thrown when HTTP is used without the token of a live session. */
export class SessionUnknownError extends ConsiliumError {
  constructor() {
    super({
      code: 'SESSION_UNKNOWN',
      message:
        'The session token is missing or not valid any more. Join again and use the token of that session.',
      retryable: true,
    })
  }
}

/** Thrown when a blob is asked for that is neither the current or previous model nor the release. */
export class BlobNotServedError extends ConsiliumError {
  constructor(digest: string) {
    super({
      code: 'BLOB_NOT_SERVED',
      message: `${digest} is not the current or the previous model nor the release. Ask /v1/study for the current digests.`,
    })
  }
}

/** Thrown when the registry has no model of a digest. */
export class ModelUnknownError extends ConsiliumError {
  constructor(digest: string) {
    super({
      code: 'MODEL_UNKNOWN',
      message: `The registry has no model ${digest}. GET /v1/models lists what it has.`,
    })
  }
}

/** Thrown when there is nothing at an address. */
export class RouteUnknownError extends ConsiliumError {
  constructor(route: string) {
    super({
      code: 'ROUTE_UNKNOWN',
      message: `There is nothing at ${route}. docs/protocol.md lists the addresses.`,
    })
  }
}

/** Thrown when an HTTP request cannot be understood. */
export class BadRequestError extends ConsiliumError {
  constructor(problem: string) {
    super({ code: 'HTTP_BAD_REQUEST', message: `The request cannot be understood: ${problem}.` })
  }
}

export type UpdateRefusal =
  | 'UPDATE_NOT_INVITED'
  | 'UPDATE_WRONG_ROUND'
  | 'UPDATE_WRONG_BASE'
  | 'UPDATE_WRONG_PLAN'
  | 'UPDATE_TOO_LARGE'
  | 'UPDATE_CLAIM_OUT_OF_RANGE'
  | 'UPDATE_DUPLICATE'
  | 'UPDATE_DIGEST_MISMATCH'
  | 'UPDATE_FORMAT'
  | 'UPDATE_FORMAT_NOT_AGREED'
  | 'UPDATE_SHAPE_MISMATCH'
  | 'UPDATE_NOT_FINITE'
  | 'UPDATE_NORM'

/** Thrown when an update may not enter the round. The bytes of a refused update are not kept. */
export class UpdateRefusedError extends ConsiliumError {
  constructor({ code, ...details }: Omit<ErrorDetails, 'code'> & { code: UpdateRefusal }) {
    super({ code, ...details })
  }
}

/** Thrown when an upload has to be continued from another place, or begun. */
export class UploadError extends ConsiliumError {
  /** Where to go on, if the update was offered. */
  readonly offset: number | undefined

  constructor({
    offset,
    ...details
  }: Pick<ErrorDetails, 'message'> & {
    code:
      | 'UPDATE_NOT_OFFERED'
      | 'UPDATE_WRONG_OFFSET'
      | 'UPDATE_CHUNK_MISMATCH'
      | 'UPDATE_BROKE_OFF'
      | 'UPDATE_BUSY'
      | 'UPDATE_INCOMPLETE'
      | 'UPDATE_BETWEEN_ROUNDS'
    offset?: number
  }) {
    super({ ...details, retryable: true })
    this.offset = offset
  }
}
