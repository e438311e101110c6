import { fileURLToPath } from 'node:url'

/** A file beside this one that is not compiled, also when this one runs from `dist`. */
export const sourceFile = (name: string): string =>
  fileURLToPath(import.meta.resolve(`@consilium/test/bench/engine/${name}`))
