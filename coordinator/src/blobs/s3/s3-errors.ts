import { ConsiliumError } from '@consilium/errors'

/** Thrown when the text after --blobs, or a variable that goes with it, is not understood. */
export class S3AddressError extends ConsiliumError {
  constructor(problem: string) {
    super({
      code: 'BLOBS_ADDRESS',
      message: `The blob store cannot be used: ${problem}. Give --blobs s3://BUCKET/PREFIX and set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and, for a store that is not AWS, AWS_ENDPOINT_URL_S3.`,
    })
  }
}

/** Thrown when the S3 store refuses a request, or has been away for longer than S3_PATIENCE_MS. */
export class S3Error extends ConsiliumError {
  constructor({ what, problem, cause }: { what: string; problem: string; cause?: unknown }) {
    super({
      code: 'BLOBS_FAILED',
      message: `The blob store failed at ${what}: ${problem}. Check that it runs, that the clocks agree, and that the keys allow listing, reading, writing and deleting below the prefix.`,
      retryable: true,
      cause,
    })
  }
}
