/** `npm run demo`: brings the build up to date, then runs the demo in this process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import path from 'node:path'

const root = path.join(import.meta.dirname, '../..')
const nx = createRequire(import.meta.url).resolve('nx/bin/nx.js')

process.stderr.write('Building (only what has changed)\n')
const build = spawn(process.execPath, [nx, 'run-many', '-t', 'build'], {
  cwd: root,
  // Without nx's background process, nothing is left running when the demo ends.
  env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
  stdio: ['ignore', 'pipe', 'pipe'],
})
let output = ''
for (const stream of [build.stdout, build.stderr]) stream.on('data', (text) => (output += text))
const interrupt = () => process.exit(130)
process.once('SIGINT', interrupt)
await once(build, 'close')
process.off('SIGINT', interrupt)
if (build.exitCode !== 0) {
  process.stderr.write(`${output}\nThe build failed, so the demo did not start.\n`)
  process.exit(1)
}
await import('../dist/demo/main.js')
