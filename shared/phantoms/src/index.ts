export { createPhantom } from './create-phantom.ts'
export { drawPatient, type Patient } from './patient.ts'
export { phantomSites, type PhantomSite, type Tint } from './phantom-site.ts'
export type { Image } from './detector.ts'
