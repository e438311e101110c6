import type { TensorFlow } from '@consilium/engine'
import type { StudyPlan } from '@consilium/study'
import { backbone } from '../models/backbone.ts'
import { projector } from '../models/projector.ts'
import type { Loss } from '../training/train-step.ts'
import { ntXentLoss } from './nt-xent-loss.ts'

/** SimCLR (Chen et al. 2020) on input `views` [2N, H, W, C]: both views of a batch in one forward pass. */
export const simclrLoss =
  ({ model, objective }: StudyPlan): Loss =>
  (parameters, { views }) =>
    ntXentLoss(
      projector(backbone(views as TensorFlow.Tensor4D, parameters, model), parameters),
      objective.temperature,
    )
