import { ConsiliumError } from '@consilium/errors'

/** Thrown when a training step's loss is not a finite number. The step is refused and nothing of that training is kept. */
export class NotFiniteError extends ConsiliumError {
  /** `training` names what was trained, such as "round 3". */
  constructor({ training, step }: { training: string; step: number }) {
    super({
      code: 'TRAINING_NOT_FINITE',
      message: `The loss of ${training} is not a finite number at step ${step}. Nothing of it is kept or sent. A lower learning rate usually helps.`,
    })
  }
}

/** Thrown when a site has no two images to tell apart. */
export class TooFewImagesError extends ConsiliumError {
  constructor(images: number) {
    super({
      code: 'TRAINING_TOO_FEW_IMAGES',
      message: `Contrastive training needs at least 2 training images, this site has ${images}. Add images or leave the study.`,
    })
  }
}

/** Thrown when the views of a micro-batch cannot be made: a row names no image, or there are too many rows. */
export class ViewsInvalidError extends ConsiliumError {
  constructor(problem: string) {
    super({
      code: 'TRAINING_VIEWS_INVALID',
      message: `The views that training asks for cannot be made: ${problem}. This is a defect of the program; please report it.`,
    })
  }
}

/** Thrown when no more views come from a feed. */
export class ViewFeedEndedError extends ConsiliumError {
  constructor({ problem, cause }: { problem: string; cause?: unknown }) {
    super({
      code: 'TRAINING_FEED_ENDED',
      cause,
      message: `No more views are made for training: ${problem}. Train the round again; if it goes on, check the machine's free memory.`,
      retryable: true,
    })
  }
}
