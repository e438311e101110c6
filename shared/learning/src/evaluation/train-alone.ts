import type { StudyPlan } from '@consilium/study'
import type { NamedArrays } from '@consilium/weights'
import type { Dataset } from '../dataset.ts'
import { initialParameters } from '../parameters.ts'
import { createPretrainer } from '../training/pretrainer.ts'

interface TrainAloneOptions {
  readonly plan: StudyPlan
  readonly site: string
  readonly dataset: Dataset
  readonly threads?: number
  readonly onStep: (done: number, total: number) => Promise<void>
}

/** What the site would have without the others: the study's rounds on its own images, as many steps, from the same start. */
export async function trainAlone({
  plan,
  site,
  dataset,
  threads = 1,
  onStep,
}: TrainAloneOptions): Promise<NamedArrays> {
  let weights = initialParameters(plan)
  const pretrainer = await createPretrainer({ plan, site, dataset, weights, threads })
  const { rounds } = plan.schedule
  for (let round = 1; round <= rounds; round += 1) {
    const outcome = await pretrainer.trainRound(round, weights, ({ step, steps }) =>
      onStep((round - 1) * steps + step, rounds * steps),
    )
    weights = outcome.weights
  }
  await pretrainer.dispose()
  return weights
}
