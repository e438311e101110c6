import { parseDataSource } from './parse-data-source.ts'

test('a path without .npz is a folder, also with a # in it', () => {
  expect(parseDataSource('films/2024')).toEqual({
    kind: 'folder',
    text: 'films/2024',
    path: 'films/2024',
  })
  expect(parseDataSource('films#2')).toMatchObject({ kind: 'folder', path: 'films#2' })
})

test('a .npz file is taken whole, cut, or by site', () => {
  expect(parseDataSource('a.npz')).toMatchObject({
    kind: 'npz',
    path: 'a.npz',
    select: { kind: 'all' },
  })
  expect(parseDataSource('a.npz#split=2/4,skew=dirichlet:0.5,seed=7')).toMatchObject({
    path: 'a.npz',
    select: { kind: 'cut', part: 2, parts: 4, skew: { kind: 'dirichlet', alpha: 0.5 }, seed: 7 },
  })
  expect(parseDataSource('a.npz#split=1/1')).toMatchObject({
    select: { skew: { kind: 'none' }, seed: 0 },
  })
  expect(parseDataSource('a.npz#site=oslo')).toMatchObject({
    select: { kind: 'site', site: 'oslo' },
  })
})

test.each([
  ['', 'empty'],
  ['a.npz#', 'none of site='],
  ['a.npz#parts=3', "'parts=3'"],
  ['a.npz#split=0/3', 'split=0/3'],
  ['a.npz#split=4/3', 'split=4/3'],
  ['a.npz#split=1/1001', '1000'],
  ['a.npz#split=1/2,split=2/2', 'twice'],
  ['a.npz#split=1/2,skew=dirichlet:0', 'ALPHA above 0'],
  ['a.npz#split=1/2,skew=zipf:1', 'skew=zipf:1'],
  ['a.npz#split=1/2,seed=-1', 'seed=-1'],
  ['a.npz#split=1/2,seed=4294967296', '32 bits'],
  ['a.npz#skew=none', "need 'split="],
  ['a.npz#site=a,split=1/2', 'alone'],
])('%s is refused, with what is wrong with it', (text, problem) => {
  expect(() => parseDataSource(text)).toThrow(
    expect.objectContaining({
      code: 'DATA_SOURCE_SYNTAX',
      message: expect.stringContaining(problem) as string,
    }),
  )
})
