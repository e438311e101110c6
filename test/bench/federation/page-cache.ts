import { spawnSync } from 'node:child_process'

/** GNU dd passes `nocache` on as posix_fadvise(POSIX_FADV_DONTNEED), which Node cannot say. */
export const forgetFiles = (paths: readonly string[]): boolean =>
  paths.every((path) => {
    const { status } = spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none'])
    return status === 0
  })
