/** The thread of write-hospitals.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { writeHospital } from './write-hospital.ts'
import type { WriteHospitalJob, WriteHospitalReply } from './write-hospitals.ts'

const reply = (message: WriteHospitalReply): void => {
  parentPort?.postMessage(message)
}

const folder = await writeHospital({
  ...(workerData as WriteHospitalJob),
  onFilm: () => {
    reply({ kind: 'film' })
  },
})
reply({ kind: 'written', folder })
