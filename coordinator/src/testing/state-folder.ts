/** A temporary state folder per test. Tests only. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Call at the top of a test file; answers with the way to the current test's folder. */
export function useStateFolder(): () => string {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'consilium-coordinator-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })
  return () => folder
}
