import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useTemporaryFolders } from '../e2e/support/temporary-folder.ts'
import { describeWith } from './support/describe-with.ts'

const UNITS = fileURLToPath(new URL('../../deploy/systemd', import.meta.url))
const newFolder = useTemporaryFolders()

/** Of 10; systemd calls up to 2 well protected. */
const MAX_EXPOSURE = 2

describeWith([{ program: 'systemd-analyze', package: 'systemd' }], 'systemd', (find) => {
  const analyze = (...args: readonly string[]): string => {
    const { stdout, stderr } = spawnSync(find('systemd-analyze'), args, { encoding: 'utf8' })
    return stdout + stderr
  }

  /** The unit with a Node that is there. */
  function unit(name: string): string {
    const path = join(newFolder(), name)
    const text = readFileSync(join(UNITS, name), 'utf8')
    writeFileSync(path, text.replace('/usr/bin/node', process.execPath))
    return path
  }

  test.each(['consilium.service', 'consilium-site.service'])(
    'finds nothing to say about %s, and little it is exposed to',
    (name) => {
      const path = unit(name)
      expect(analyze('verify', '--man=no', path)).toBe('')
      const report = analyze('security', '--offline=true', path)
      const exposure = /Overall exposure level for \S+: ([\d.]+)/.exec(report)?.[1]
      expect(Number(exposure)).toBeLessThanOrEqual(MAX_EXPOSURE)
    },
  )
})
