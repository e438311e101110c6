import os from 'node:os'
import type { Machine } from './doctor-report.ts'

export function findMachine(): Machine {
  // 0 or more than there is where the operating system sets no limit.
  const limit = process.constrainedMemory()
  return {
    node: process.versions.node,
    platform: `${os.platform()}-${os.arch()}`,
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryBytes: limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem(),
    freeMemoryBytes: process.availableMemory(),
  }
}
