/** Tests that need a program which a machine may lack. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where Debian keeps what only root runs. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin']

export interface Need {
  readonly program: string
  /** Of Debian. */
  readonly package: string
}

/** `describe` where the programs are installed, else one skipped test that says which is missing. */
export function describeWith(
  needs: readonly Need[],
  name: string,
  tests: (find: (program: string) => string) => void,
): void {
  const missing = needs.filter(({ program }) => findProgram(program) === undefined)
  if (missing.length === 0) {
    describe(name, () => {
      tests((program) => findProgram(program)!)
    })
    return
  }
  const words = missing.map((need) => `${need.program} (Debian: apt install ${need.package})`)
  test.skip(`${name}: skipped, not installed: ${words.join(', ')}`, () => undefined)
}

function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS]
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
