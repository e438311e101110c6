/** The state of a study for a terminal. */
import type { ControlAnswer } from '../http/control-routes.ts'
import type { SiteView, StudyView } from '../study/study-view.ts'

export function describeStatus(view: StudyView): string {
  const { study, state, wait, round, roundsPlanned, sites } = view
  const open = view.rounds.find((known) => known.round === round)
  return [
    `Study ${study}: ${state}, round ${round} of ${roundsPlanned}`,
    wait,
    ...sites.map((site) => `  ${site.site}: ${statusOf(site, open, view.stragglers[site.site])}`),
  ].join('\n')
}

function statusOf(
  { site, joined, connected }: SiteView,
  round: StudyView['rounds'][number] | undefined,
  late: number | undefined,
): string {
  if (!joined) return 'left'
  const failure = round?.failures.find((failed) => failed.site === site)
  const work =
    late !== undefined
      ? `trains for round ${late}`
      : round === undefined || !round.invited.includes(site)
        ? 'waits for a round'
        : site in round.updates
          ? 'delivered'
          : failure !== undefined
            ? `failed (${failure.code})`
            : round.training.includes(site)
              ? 'trains'
              : 'invited'
  return connected ? work : `${work}, away`
}

export const describeAnswer = ({ changed, study, wait }: ControlAnswer): string =>
  `${changed ? 'Done' : 'It was so already'}. Study ${study}: ${wait}`
