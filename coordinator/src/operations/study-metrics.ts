/** A study in numbers: a function of its state, so the numbers agree with the journal also after a restart. */
import {
  currentRound,
  joinedSites,
  outstandingSites,
  type StudyState,
} from '../rounds/study-state.ts'
import { single, type Metric } from './prometheus-text.ts'

export interface StudyMoment {
  readonly state: StudyState
  readonly connectedSites: number
  /** 0 when no deadline runs. */
  readonly deadlineInMs: number
}

export const studyMetrics = ({ state, ...moment }: StudyMoment): readonly Metric[] => [
  {
    name: 'consilium_study_phase',
    help: 'The phase the study is in has the value 1.',
    type: 'gauge',
    samples: [{ labels: { phase: state.phase.kind }, value: 1 }],
  },
  single('gauge', 'consilium_study_paused', {
    help: 'Whether the operator has paused the study.',
    value: state.orders.paused === undefined ? 0 : 1,
  }),
  ...roundMetrics(state, moment),
  ...siteMetrics(state, moment),
  ...trafficMetrics(state),
]

function roundMetrics(state: StudyState, { deadlineInMs }: Omit<StudyMoment, 'state'>): Metric[] {
  const open = currentRound(state)
  const { rounds } = state.orders
  return [
    single('gauge', 'consilium_round', {
      help: 'The round that is open or comes next.',
      value: Math.min(state.rounds.length + 1, rounds),
    }),
    single('gauge', 'consilium_rounds_planned', { help: 'Rounds of the study.', value: rounds }),
    single('counter', 'consilium_rounds_committed_total', {
      help: 'Rounds whose model is committed.',
      value: state.rounds.length,
    }),
    single('gauge', 'consilium_round_updates', {
      help: 'Updates in the open round.',
      value: open?.updates.length ?? 0,
    }),
    single('gauge', 'consilium_round_outstanding_sites', {
      help: 'Invited sites that have neither delivered nor failed.',
      value: open === undefined ? 0 : outstandingSites(open).length,
    }),
    single('gauge', 'consilium_round_deadline_extensions', {
      help: 'How often the deadline of the open round passed without a quorum.',
      value: open?.extensions ?? 0,
    }),
    single('gauge', 'consilium_round_deadline_seconds', {
      help: 'Until the deadline of the open round, 0 when none runs.',
      value: deadlineInMs / 1000,
    }),
  ]
}

const siteMetrics = (
  state: StudyState,
  { connectedSites }: Omit<StudyMoment, 'state'>,
): readonly Metric[] => [
  single('gauge', 'consilium_sites_joined', {
    help: 'Sites that joined and did not leave.',
    value: joinedSites(state).length,
  }),
  single('gauge', 'consilium_sites_connected', {
    help: 'Sites with a connection to this coordinator now.',
    value: connectedSites,
  }),
]

const trafficMetrics = ({ up, down, seq }: StudyState): readonly Metric[] => [
  single('counter', 'consilium_update_received_bytes_total', {
    help: 'Bytes of all updates taken into rounds.',
    value: up.bytes,
  }),
  single('counter', 'consilium_updates_received_total', {
    help: 'Updates taken into rounds.',
    value: up.transfers,
  }),
  single('counter', 'consilium_model_sent_bytes_total', {
    help: 'Bytes of models that went out to sites.',
    value: down.bytes,
  }),
  single('counter', 'consilium_journal_entries_total', {
    help: 'Entries in the journal.',
    value: seq,
  }),
]
