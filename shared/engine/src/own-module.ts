/** Modules that a thread or a process of their own begins with. */

interface OwnModule {
  readonly url: URL
  /** What Node must be told to run it; absent where it runs as it is. */
  readonly execArgv?: string[]
}

/** Module `name` in the folder of the module whose `import.meta.url` is given: as compiled, or as source beside source. */
export function ownModule(name: string, beside: string): OwnModule {
  const isSource = beside.endsWith('.ts')
  const url = new URL(`./${name}.${isSource ? 'ts' : 'js'}`, beside)
  return isSource ? { url, execArgv: sourceFlags } : { url }
}

/** Tests run from source, where Node strips the types itself. */
const sourceFlags = [
  '--experimental-strip-types',
  '--disable-warning=ExperimentalWarning',
  '--conditions=consilium-source',
]
