/** One federation per call, as people start it: a coordinator and site agents, each a process with a folder of its own. */
import { join } from 'node:path'
import type { Manifest, StudyView } from '@consilium/coordinator'
import type { StudyPlan } from '@consilium/study'
import { writeFile } from './images.ts'
import { useProcesses, type RunningProcess, type Start, type Surroundings } from './processes.ts'
import { useTemporaryFolders } from './temporary-folder.ts'

export const JOIN_TOKEN = 'the-join-token-of-the-tests'

export interface RunningCoordinator extends RunningProcess {
  readonly url: string
  readonly port: string
  readonly stateFolder: string
  view(): Promise<StudyView>
  models(): Promise<readonly Manifest[]>
}

export interface ServeChoice extends Surroundings {
  /** Of an earlier coordinator, to go on with its study. */
  readonly stateFolder?: string
  readonly port?: string
  readonly args?: readonly string[]
}

export interface SiteChoice extends Surroundings {
  /** Data source. */
  readonly data: string
  /** Default: the federation's, by site name. */
  readonly stateFolder?: string
  /** Default: that of the federation's coordinator. */
  readonly url?: string
  readonly joinToken?: string
  readonly args?: readonly string[]
}

export interface Federation {
  /** Of this federation's files. */
  readonly folder: string
  readonly stateFolderOf: (site: string) => string
  /** Resolves when the coordinator listens. Without a plan it goes on with the study in the folder. */
  serve(plan?: StudyPlan, choice?: ServeChoice): Promise<RunningCoordinator>
  site(name: string, choice: SiteChoice): RunningProcess
}

export interface Tools {
  readonly newFolder: () => string
  readonly start: Start
  readonly newFederation: () => Federation
}

/** Call at the top of a test file. */
export function useFederations(): Tools {
  const newFolder = useTemporaryFolders()
  const start = useProcesses()
  return { newFolder, start, newFederation: () => createFederation(newFolder(), start) }
}

/** `folder`: of this federation's files. */
export function createFederation(folder: string, start: Start): Federation {
  let url = ''
  const stateFolderOf = (site: string): string => join(folder, site)
  return {
    folder,
    stateFolderOf,
    async serve(plan, choice = {}) {
      const { stateFolder = stateFolderOf('coordinator'), port = '0', args = [] } = choice
      const planFile = join(folder, 'plan.json')
      if (plan !== undefined) writeFile(planFile, JSON.stringify(plan))
      const command = ['serve', '--state', stateFolder, '--port', port, '--json']
      const token = ['--join-token', JOIN_TOKEN]
      const withPlan = plan === undefined ? [] : ['--plan', planFile]
      const process = start('consilium', [...command, ...token, ...withPlan, ...args], choice)
      url = String((await process.event('listening'))['url'])
      return { ...process, stateFolder, url, ...readerOf(url) }
    },
    site(name, { data, stateFolder = stateFolderOf(name), joinToken = JOIN_TOKEN, ...choice }) {
      const args = ['run', '--coordinator', choice.url ?? url, '--site', name, '--data', data]
      const env = { CONSILIUM_JOIN_TOKEN: joinToken, ...choice.env }
      const more = ['--state', stateFolder, '--threads', '1', '--json', ...(choice.args ?? [])]
      return start('consilium-site', [...args, ...more], { ...choice, env })
    },
  }
}

function readerOf(url: string): Pick<RunningCoordinator, 'port' | 'view' | 'models'> {
  const get = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`)).json()
  return {
    port: new URL(url).port,
    view: async () => (await get('/v1/study')) as StudyView,
    models: async () => ((await get('/v1/models')) as { models: readonly Manifest[] }).models,
  }
}
