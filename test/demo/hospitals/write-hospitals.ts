/** All hospitals at the same time, one thread each: drawing films is work for the processor. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { WriteHospitalOptions } from './write-hospital.ts'
import type { Hospital } from './hospital.ts'

export type WriteHospitalJob = Omit<WriteHospitalOptions, 'onFilm'>

export type WriteHospitalReply =
  { readonly kind: 'film' } | { readonly kind: 'written'; readonly folder: string }

export interface WriteHospitalsOptions {
  readonly hospitals: readonly Hospital[]
  readonly folder: string
  /** Of each hospital. */
  readonly films: number
  /** Not called where nothing has to be drawn. */
  readonly onProgress: (done: number, total: number) => void
}

/** Returns the folder of each hospital. */
export async function writeHospitals(options: WriteHospitalsOptions): Promise<readonly string[]> {
  const { hospitals, folder, films, onProgress } = options
  let done = 0
  const onFilm = (): void => {
    done += 1
    onProgress(done, hospitals.length * films)
  }
  return Promise.all(hospitals.map((hospital) => write({ hospital, folder, films }, onFilm)))
}

async function write(job: WriteHospitalJob, onFilm: () => void): Promise<string> {
  const thread = new Worker(new URL('./write-hospital-thread.js', import.meta.url), {
    workerData: job,
  })
  let folder: string | undefined
  thread.on('message', (reply: WriteHospitalReply) => {
    if (reply.kind === 'film') onFilm()
    else folder = reply.folder
  })
  await once(thread, 'exit') // rejects with the thread's error
  if (folder === undefined) throw new Error('internal: the thread that draws films ended early')
  return folder
}
