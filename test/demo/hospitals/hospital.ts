/** The invented hospitals of the demonstration: whose films, in which format, how many. */
import { phantomSites, type PhantomSite } from '@consilium/phantoms'

export type ImageFormat = 'dicom' | 'png' | 'jpeg'

export interface Hospital {
  readonly site: PhantomSite
  readonly format: ImageFormat
  /** Begins every patient id. */
  readonly initials: string
}

/** Three take part in the federation; the unseen one is for `--holdout`. */
export const hospitals = [
  { site: phantomSites.riverside, format: 'dicom', initials: 'RVS' },
  { site: phantomSites['st-anna'], format: 'png', initials: 'STA' },
  { site: phantomSites.northgate, format: 'jpeg', initials: 'NTG' },
] as const satisfies readonly Hospital[]

export const unseenHospital: Hospital = {
  site: phantomSites.hillcrest,
  format: 'dicom',
  initials: 'HLC',
}
