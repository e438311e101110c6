import { ConsiliumError } from '@consilium/errors'

/** Thrown when a study plan does not follow the schema. */
export class InvalidPlanError extends ConsiliumError {
  constructor(problems: readonly string[]) {
    super({
      code: 'STUDY_INVALID_PLAN',
      message: `The study plan is not valid. ${problems.join('; ')}. Correct these fields and try again.`,
    })
  }
}
