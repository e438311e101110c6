import type { StudyPlan } from '@consilium/study'
import type { WireFormat } from '@consilium/weights'
import { NoCommonFormatError } from '../errors.ts'

export type FormatName = WireFormat['format']

export const FORMAT_NAMES: readonly FormatName[] = ['float32', 'float16', 'int8', 'top-k']

/** The first format of the plan that this site is willing to write. Throws TRANSFER_NO_COMMON_FORMAT. */
export function chooseFormat({ transfer }: StudyPlan, willing: readonly FormatName[]): WireFormat {
  const agreed: readonly WireFormat[] = transfer?.formats ?? [{ format: 'float32' }]
  const format = agreed.find((known) => willing.includes(known.format))
  if (format !== undefined) return format
  throw new NoCommonFormatError({ agreed: agreed.map((known) => known.format), willing })
}
