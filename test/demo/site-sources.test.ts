import { resolveSource, sitesOf } from './site-sources.ts'

test('sites are named after their folders and files', () => {
  expect(sitesOf(['films/St. Anna', '/data/north.npz#site=a'], '/home/ada')).toEqual([
    { name: 'st-anna', source: '/home/ada/films/St. Anna' },
    { name: 'north', source: '/data/north.npz#site=a' },
  ])
})

test('names that repeat are numbered by place', () => {
  const sites = sitesOf(['x.npz#split=1/2', 'y', 'x.npz#split=2/2'], '/')
  expect(sites.map(({ name }) => name)).toEqual(['x-1', 'y', 'x-3'])
})

test('a name without a letter becomes one', () => {
  expect(sitesOf(['/', '/data/...'], '/').map(({ name }) => name)).toEqual(['site-1', 'site-2'])
})

test('a source that cannot be read is refused before anything starts', () => {
  expect(() => resolveSource('x.npz#split=3', '/')).toThrow(
    expect.objectContaining({ code: 'DATA_SOURCE_SYNTAX' }),
  )
})
