/** Training on a disk that is full, in the trainer process. Needs the right to mount a file system in memory. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { canMountDisks, mountSmallDisk } from '../testing/small-disk.ts'
import { smallPlan } from '../testing/small-plan.ts'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import { newTrainJob } from '../testing/train-job.ts'
import { createTrainer, type TrainEvent } from './trainer.ts'

const onSmallDisk = canMountDisks ? test : test.skip
const newFolder = temporaryFolders()
const trainer = createTrainer()
afterAll(() => trainer.close())

onSmallDisk(
  'a full disk costs training its checkpoints and time, and changes no bit of its result',
  async () => {
    const never = new AbortController().signal
    const job = await newTrainJob(await newFolder(), { plan: smallPlan })
    await trainer.train(job, () => undefined, never)
    const disk = mountSmallDisk()
    await disk.fill()
    const codes: string[] = []
    const onEvent = (event: TrainEvent): void => {
      if (event.kind !== 'notice') return
      codes.push(event.code)
      if (event.code === 'AGENT_DISK_FULL') void disk.makeRoom()
    }
    const updatedFile = path.join(disk.folder, 'updated.safetensors')
    const checkpoints = { folder: path.join(disk.folder, 'checkpoint'), intervalMs: 0, maxShare: 1 }
    await trainer.train({ ...job, updatedFile, checkpoints }, onEvent, never)
    expect(codes).toEqual(['TRAINING_CHECKPOINT_NOT_WRITTEN', 'AGENT_DISK_FULL'])
    expect(Buffer.compare(await readFile(updatedFile), await readFile(job.updatedFile))).toBe(0)
  },
  60_000,
)
