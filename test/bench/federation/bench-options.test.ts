import { parseBenchOptions, PARTS } from './bench-options.ts'

test('without options everything is measured, with a thousand sites', () => {
  expect(parseBenchOptions([])).toEqual({ parts: PARTS, sites: 1000, json: false })
})

test('parts are measured once each, in the order of the table', () => {
  expect(parseBenchOptions(['--parts', 'fold, codec,fold', '--sites', '20', '--json'])).toEqual({
    parts: ['codec', 'fold'],
    sites: 20,
    json: true,
  })
})

test.each([
  [['--parts', 'codec,speed'], "--parts 'speed'"],
  [['--sites', '0'], "--sites '0'"],
  [['--sites', '2001'], "--sites '2001'"],
])('%j is refused with what was expected', (argv, named) => {
  expect(() => parseBenchOptions(argv)).toThrow(named)
})
