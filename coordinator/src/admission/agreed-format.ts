/** The format an update is written in. Format and model tell its length, so that a wrong one costs no byte of it. */
import { packedFileBytes, type WireFormat } from '@consilium/weights'
import { UpdateRefusedError } from '../errors.ts'
import type { StudyState } from '../rounds/study-state.ts'
import type { UpdateOffer } from './check-offer.ts'

const FLOAT32: WireFormat = { format: 'float32' }

/** Version 1 says no format and means float32. Throws UpdateRefusedError unless the plan has the format. */
export function agreedFormat(
  { plan, model }: StudyState,
  site: string,
  offer: UpdateOffer,
): WireFormat {
  const name = offer.format === '' ? FLOAT32.format : offer.format
  const agreed: readonly WireFormat[] = plan.transfer?.formats ?? [FLOAT32]
  const format = agreed.find((known) => known.format === name)
  const update = `The update of ${site} for round ${offer.round} is refused: `
  if (format === undefined) {
    const names = agreed.map((known) => known.format).join(', ')
    throw new UpdateRefusedError({
      code: 'UPDATE_FORMAT_NOT_AGREED',
      message: `${update}its format is '${name}', this study takes ${names}. Upgrade the site's agent, or create the study with 'float32' among transfer.formats.`,
    })
  }
  if (format.format === 'float32') return format
  const expected = packedFileBytes({ format, values: model.parameters })
  if (offer.updateBytes === expected) return format
  throw new UpdateRefusedError({
    code: 'UPDATE_FORMAT',
    message: `${update}it has ${offer.updateBytes} bytes; in ${name} an update of this model has ${expected}.`,
  })
}
