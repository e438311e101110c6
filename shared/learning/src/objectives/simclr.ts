import type { TensorFlow } from '@consilium/engine'
import type { StudyPlan } from '@consilium/study'
import { backbone } from '../models/backbone.ts'
import { projector } from '../models/projector.ts'
import type { Network } from '../training/train-step.ts'
import { ntXentLoss } from './nt-xent-loss.ts'

/** SimCLR (Chen et al. 2020) on views [2N, H, W, C], all first views before all second ones. */
export const simclr = ({ model, objective }: StudyPlan): Network => ({
  encode: (parameters, views) => backbone(views as TensorFlow.Tensor4D, parameters, model),
  loss: (parameters, features) =>
    ntXentLoss(projector(features, parameters), objective.temperature),
})
