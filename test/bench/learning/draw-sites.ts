import { hospitals } from '../../demo/hospitals/hospital.ts'
import { writeHospitals } from '../../demo/hospitals/write-hospitals.ts'
import type { SiteSource } from '../../demo/site-sources.ts'

/** The demonstration's hospitals, each with so many films below `folder`. */
export async function drawSites(folder: string, films: number): Promise<readonly SiteSource[]> {
  const folders = await writeHospitals({ hospitals, folder, films, onProgress: () => undefined })
  return hospitals.map(({ site }, i) => ({ name: site.name, source: folders[i]! }))
}
