import { proxyFor, useProxy, type Environment } from './use-proxy.ts'

const url = 'https://coordinator.example.org:8443'
const upper = { HTTPS_PROXY: 'http://upper:3128', HTTP_PROXY: 'http://plain:3128' }

const hostOf = (url: string, env: Environment): string | undefined => proxyFor(url, env)?.hostname

test.each([
  ['nothing is said', {}, undefined],
  ['HTTPS_PROXY is said', upper, 'upper'],
  ['both cases are said', { ...upper, https_proxy: 'http://lower:3128' }, 'lower'],
  ['the lower case is empty', { ...upper, https_proxy: '' }, undefined],
  ['only HTTP_PROXY is said', { HTTP_PROXY: 'http://plain:3128' }, undefined],
  ['NO_PROXY names it', { ...upper, NO_PROXY: 'a.org, coordinator.example.org' }, undefined],
  ['NO_PROXY names what is above it', { ...upper, NO_PROXY: '.example.org' }, undefined],
  ['no_proxy names it with its port', { ...upper, no_proxy: 'example.org:8443' }, undefined],
  ['NO_PROXY names another port', { ...upper, NO_PROXY: 'example.org:443' }, 'upper'],
  ['NO_PROXY names a part of it', { ...upper, NO_PROXY: 'ample.org,' }, 'upper'],
  ['NO_PROXY is a star', { ...upper, NO_PROXY: '*' }, undefined],
])('an HTTPS coordinator, when %s', (_, env, expected) => {
  expect(hostOf(url, env)).toBe(expected)
})

test('an HTTP coordinator has HTTP_PROXY', () => {
  expect(hostOf('http://coordinator.example.org', upper)).toBe('plain')
})

test.each(['https://localhost:8470', 'https://127.0.0.1:8470', 'https://[::1]:8470'])(
  'the way to %s is direct',
  (own) => {
    expect(hostOf(own, upper)).toBeUndefined()
  },
)

test('CONSILIUM_PROXY stands above all else', () => {
  const env = { ...upper, NO_PROXY: '*', CONSILIUM_PROXY: 'http://given:3128' }
  expect(hostOf(url, env)).toBe('given')
  expect(hostOf('http://127.0.0.1', env)).toBe('given')
})

test('an address that is none is refused at once, and not repeated', () => {
  const start = () => {
    useProxy({ HTTPS_PROXY: 'name:secret@proxy' })
  }
  expect(start).toThrow(expect.objectContaining({ code: 'AGENT_USAGE' }))
  expect(start).not.toThrow(/secret/)
})
