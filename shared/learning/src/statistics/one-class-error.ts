import { ConsiliumError } from '@consilium/errors'

/** Thrown when a measure or a probe that needs two classes gets labels of fewer. */
export class OneClassError extends ConsiliumError {
  constructor(what: string) {
    super({
      code: 'LEARNING_ONE_CLASS',
      message: `${what} needs labelled images of at least two classes, and these labels hold fewer. Label images of another class, or move some of them into this split.`,
    })
  }
}
