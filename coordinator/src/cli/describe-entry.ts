/** A journal entry as a sentence for the people who watch the terminal; undefined for what would only be noise. */
import { pick, type ByKind } from '../journal/by-kind.ts'
import type { JournalEvent } from '../journal/journal-event.ts'
import { describeClosing } from '../rounds/describe-closing.ts'
import { formatDuration } from '../rounds/format-duration.ts'
import type { StudyState } from '../rounds/study-state.ts'

export const describeEntry = (
  event: JournalEvent,
  { orders }: Pick<StudyState, 'orders'>,
): string | undefined => pick(SENTENCES, event)(event, orders.rounds)

const noise = (): undefined => undefined

/** With the number of rounds in the study. */
const SENTENCES: ByKind<[number], string | undefined> = {
  'study-created': noise,
  'site-joined': ({ site, imagesBucket }) => `${site} joined with about ${imagesBucket} images`,
  'site-left': ({ site }) => `${site} left`,
  'round-opened': ({ round, invited }, rounds) =>
    `round ${round} of ${rounds} opened for ${invited.join(', ')}`,
  'sites-invited': ({ round, sites }) => `round ${round}: ${sites.join(', ')} invited too`,
  'site-away': noise,
  'site-back': noise,
  'round-accepted': noise,
  'update-spooled': ({ round, site, bytes, meanLoss, staleness = 0 }) =>
    `round ${round}: update of ${site}${staleness > 0 ? ` from round ${round - staleness}` : ''}, ${bytes} bytes, mean loss ${meanLoss.toFixed(4)}`,
  'update-refused': ({ round, site, code }) =>
    `round ${round}: update of ${site} refused (${code})`,
  'site-failed': ({ round, site, code }) => `round ${round}: ${site} failed (${code})`,
  'deadline-extended': ({ round, updates, quorum }) =>
    `round ${round}: deadline extended, ${updates} of at least ${quorum} updates in`,
  'deadline-noted': noise,
  'round-closed': (closed) => `round ${closed.round} closed ${describeClosing(closed)}`,
  'updates-lost': ({ round, sites }) =>
    `round ${round}: the stored update of ${sites.join(', ')} is damaged or gone, asked for again`,
  'round-folded': noise,
  'round-dropped': ({ round }) => `round ${round} dropped: the study is stopped`,
  'round-committed': ({ round, meanLoss, model }, rounds) =>
    `round ${round} of ${rounds} done: mean loss ${meanLoss.toFixed(4)}, model ${model.sha256}`,
  'study-started': ({ sites }) =>
    `started by the operator${sites === undefined ? '' : `, with ${sites} sites`}`,
  'study-paused': ({ reason }) =>
    `paused by the operator${reason === undefined ? '' : `: ${reason}`}`,
  'study-resumed': () => 'resumed by the operator',
  'study-stopping': ({ afterRound }) =>
    `stopped by the operator${afterRound ? ', after the open round' : ''}`,
  'study-extended': ({ rounds = 0, deadlineMs }) =>
    deadlineMs === undefined
      ? `extended by the operator to ${rounds} rounds`
      : `deadline moved by the operator: ${formatDuration(deadlineMs)} from now`,
  'study-released': ({ model }) =>
    `finished: backbone ${model.sha256}, ${model.parameters} parameters`,
  'study-aborted': ({ code, message }) => `aborted (${code}): ${message}`,
  'model-downloaded': noise,
}
