/** The studies an agent takes part in: one from the command line, or those of a configuration file. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { parseDataSource, type DataSource } from '../data/parse-data-source.ts'
import { AgentConfigError, UsageError } from '../errors.ts'
import { parseJson } from '../parse-json.ts'
import { systemErrorCode } from '../state/system-error-code.ts'
import { isCoordinatorUrl, SITE_NAME, withoutSlash } from './parse-option.ts'

export interface StudyChoice {
  /** What the site calls it, where there are several. */
  readonly name?: string
  readonly coordinator: string
  readonly site: string
  readonly source: DataSource
  readonly state: string
  readonly joinToken: string
}

export interface StudyFlags {
  readonly coordinator?: string
  readonly site?: string
  readonly data?: string
  readonly state?: string
  readonly joinToken?: string
  readonly config?: string
}

type Environment = Readonly<Record<string, string | undefined>>

const name = z.string().regex(SITE_NAME, 'expected lower-case letters, digits and dashes')
const text = z.string().min(1)
const configSchema = z.strictObject({
  /** Each study has a folder of its name in it. */
  state: text,
  /** Those of studies that name no other. */
  site: name.optional(),
  data: text.optional(),
  studies: z
    .array(
      z.strictObject({
        name,
        coordinator: z
          .string()
          .refine(isCoordinatorUrl, 'expected an address such as https://study.example.org')
          .transform(withoutSlash),
        site: name.optional(),
        data: text.optional(),
        joinToken: text.optional(),
      }),
    )
    .min(1),
})
type Config = z.infer<typeof configSchema>

/** Throws AGENT_USAGE, AGENT_CONFIG and what `parseDataSource` throws. */
export async function chooseStudies(flags: StudyFlags, env: Environment): Promise<StudyChoice[]> {
  return flags.config === undefined
    ? [fromFlags(flags, env)]
    : fromConfig(flags.config, await readConfig(flags.config), env)
}

function fromFlags(flags: StudyFlags, env: Environment): StudyChoice {
  const coordinator = required(flags, 'coordinator')
  const site = required(flags, 'site')
  const source = parseDataSource(required(flags, 'data'))
  const state = required(flags, 'state')
  const joinToken = flags.joinToken ?? env['CONSILIUM_JOIN_TOKEN'] ?? ''
  if (joinToken === '') {
    const expected = 'the join token of the study, from there or from CONSILIUM_JOIN_TOKEN'
    throw new UsageError({ option: '--join-token', value: '', expected })
  }
  return { coordinator, site, source, state, joinToken }
}

function required(flags: StudyFlags, option: 'coordinator' | 'site' | 'data' | 'state'): string {
  const value = flags[option]
  if (value !== undefined) return value
  const expected = 'a value, or --config with the file that lists the studies'
  throw new UsageError({ option: `required option --${option}`, value: '', expected })
}

async function readConfig(file: string): Promise<Config> {
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    const problem = `it cannot be read (${systemErrorCode(error) ?? 'unknown'})`
    throw new AgentConfigError({ file, problem })
  })
  const parsed = configSchema.safeParse(parseJson(content))
  if (parsed.success) return parsed.data
  const { path: at, message } = parsed.error.issues[0]!
  throw new AgentConfigError({ file, problem: `${at.join('.') || 'the file'}: ${message}` })
}

/** Paths count from the folder of the file. */
function fromConfig(file: string, config: Config, env: Environment): StudyChoice[] {
  const folder = path.dirname(path.resolve(file))
  const fail = (problem: string): never => {
    throw new AgentConfigError({ file, problem })
  }
  const names = config.studies.map((study) => study.name)
  const twice = names.find((other, i) => names.indexOf(other) < i)
  if (twice !== undefined) fail(`two studies are named '${twice}'`)
  return config.studies.map((study) => {
    const missing = (what: string): never => fail(`study '${study.name}' has no ${what}`)
    return {
      name: study.name,
      coordinator: study.coordinator,
      site: study.site ?? config.site ?? missing('site'),
      source: parseDataSource(path.resolve(folder, study.data ?? config.data ?? missing('data'))),
      state: path.resolve(folder, config.state, study.name),
      joinToken:
        study.joinToken ??
        env['CONSILIUM_JOIN_TOKEN'] ??
        missing('joinToken, nor is there CONSILIUM_JOIN_TOKEN'),
    }
  })
}
