#!/usr/bin/env node
const major = Number(process.versions.node.split('.')[0])
if (major < 22) {
  console.error(
    `Consilium needs Node 22 or newer, this is ${process.version}. Run it through npm (npm run doctor), which uses the Node that the installation carries.`,
  )
  process.exit(1)
}
await import('../dist/doctor/main.js')
