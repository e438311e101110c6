import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseDataSource } from '../data/parse-data-source.ts'
import { temporaryFolders } from '../testing/temporary-folder.ts'
import { chooseStudies } from './study-choice.ts'

const newFolder = temporaryFolders()

async function configFile(content: unknown): Promise<string> {
  const file = path.join(await newFolder(), 'agent.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

const chest = { name: 'chest', coordinator: 'https://a.example.org/', joinToken: 't' }
const config = { state: 'state', site: 'oslo', data: 'films', studies: [chest] }

test('options of the command line are one study without a name', async () => {
  const flags = { coordinator: 'http://x', site: 'oslo', data: '/films', state: 's' }
  expect(await chooseStudies(flags, { CONSILIUM_JOIN_TOKEN: 'token' })).toEqual([
    {
      coordinator: 'http://x',
      site: 'oslo',
      source: parseDataSource('/films'),
      state: 's',
      joinToken: 'token',
    },
  ])
})

test('studies of a file share what they do not say, have a state folder each, and paths count from the file', async () => {
  const retina = { name: 'retina', coordinator: 'http://b:8470', site: 'oslo-eye', data: '/eyes' }
  const file = await configFile({ ...config, studies: [chest, retina] })
  const folder = path.dirname(file)
  expect(await chooseStudies({ config: file }, { CONSILIUM_JOIN_TOKEN: 'other' })).toEqual([
    {
      name: 'chest',
      coordinator: 'https://a.example.org',
      site: 'oslo',
      source: parseDataSource(path.join(folder, 'films')),
      state: path.join(folder, 'state', 'chest'),
      joinToken: 't',
    },
    {
      name: 'retina',
      coordinator: 'http://b:8470',
      site: 'oslo-eye',
      source: parseDataSource('/eyes'),
      state: path.join(folder, 'state', 'retina'),
      joinToken: 'other',
    },
  ])
})

test.each([
  ['{', 'the file: '],
  [{ ...config, studies: [] }, 'studies: '],
  [{ ...config, threads: 2 }, 'threads'],
  [{ ...config, studies: [chest, chest] }, "two studies are named 'chest'"],
  [{ ...config, site: undefined }, "study 'chest' has no site"],
  [{ ...config, data: undefined }, "study 'chest' has no data"],
  [{ ...config, studies: [{ ...chest, joinToken: undefined }] }, "study 'chest' has no joinToken"],
  [{ ...config, studies: [{ ...chest, name: '../x' }] }, 'studies.0.name: '],
  [{ ...config, studies: [{ ...chest, coordinator: 'ftp://x' }] }, 'studies.0.coordinator: '],
])('%j is refused, and the reason names the place', async (content, reason) => {
  const file = await configFile(content)
  await expect(chooseStudies({ config: file }, {})).rejects.toMatchObject({
    code: 'AGENT_CONFIG',
    message: expect.stringContaining(reason) as string,
  })
})

test('a file that is not there is refused', async () => {
  await expect(chooseStudies({ config: '/nowhere/agent.json' }, {})).rejects.toMatchObject({
    code: 'AGENT_CONFIG',
    message: expect.stringContaining('ENOENT') as string,
  })
})
