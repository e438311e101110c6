/**
 * What a plan cannot have together with SCAFFOLD. A site's control variate is its mean gradient, read off how far the round
 * moved it (Karimireddy et al. 2020, option II): whatever blurs one of the two is refused, with the reason.
 */
import type { CohortPlan } from './cohort-plan.ts'
import type { WireFormat } from './transfer-plan.ts'

interface ScaffoldPlan {
  readonly optimiser: { readonly name: string }
  readonly cohort: CohortPlan
  readonly transfer?: { readonly formats: readonly WireFormat[] } | undefined
}

interface Conflict {
  readonly path: readonly string[]
  readonly message: string
}

/** Their steps are sums of gradients. */
const LINEAR: readonly string[] = ['sgd', 'sgd-nesterov']

export function scaffoldConflicts({ optimiser, cohort, transfer }: ScaffoldPlan): Conflict[] {
  const conflicts: Conflict[] = []
  const refuse = (path: readonly string[], message: string): void => {
    conflicts.push({ path, message })
  }
  if (!LINEAR.includes(optimiser.name))
    refuse(
      ['optimiser', 'name'],
      `must be 'sgd' or 'sgd-nesterov' for the rule 'scaffold': a site's mean gradient cannot be read off the steps of '${optimiser.name}'`,
    )
  const together = `the rule 'scaffold' needs all updates of a round to start from the same model and control variate`
  if (cohort.late?.fate === 'weigh')
    refuse(['cohort', 'late', 'fate'], `must be 'refuse': ${together}`)
  if (cohort.asynchronous !== undefined)
    refuse(['cohort', 'asynchronous'], `must be absent: ${together}`)
  if (transfer?.formats.some(({ format }) => format === 'top-k') === true)
    refuse(
      ['transfer', 'formats'],
      `must not have 'top-k' with the rule 'scaffold': what an update leaves unsaid for rounds would enter control variates as one gradient`,
    )
  return conflicts
}
