/**
 * Generates the static codec of the wire contract from the .proto files, for the sources (src/gen) and for the
 * compiled package (dist/gen): tsc does not copy JavaScript that comes with its own declarations.
 */
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pbjs from 'protobufjs-cli/pbjs.js'

const here = import.meta.dirname
const sources = join(here, 'src/gen')

mkdirSync(sources, { recursive: true })
await promisify(pbjs.main)([
  ...['--target', 'static-module', '--wrap', 'esm', '--dependency', 'protobufjs/minimal.js'],
  ...['--no-create', '--no-verify', '--no-convert', '--no-delimited', '--no-typeurl'],
  ...['--dts', '--out', join(sources, 'consilium.js')],
  join(here, 'consilium/v1/consilium.proto'),
])
cpSync(sources, join(here, 'dist/gen'), { recursive: true })
