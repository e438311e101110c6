import { createScreen, type ScreenStream } from './screen.ts'

function capture(stream: { isTTY: boolean; columns?: number }): ScreenStream & { text(): string } {
  let written = ''
  return {
    ...stream,
    write: (text: string) => (written += text),
    text: () => written,
  }
}

test('without a terminal every milestone is a plain line and nothing is rewritten', () => {
  const stream = capture({ isTTY: false })
  const screen = createScreen(stream, () => 0)
  screen.say('Dashboard: http://127.0.0.1:1/')
  screen.progress('films 3/9')
  screen.site('a', { event: 'round', round: 1, rounds: 2 })
  screen.site('a', { event: 'release', sha256: '', bytes: 1 })
  expect(stream.text()).toBe(
    'Dashboard: http://127.0.0.1:1/\na: backbone received, its digest is right\n',
  )
})

test('on a terminal the bars replace themselves, cut to its width, and stay when released', () => {
  const stream = capture({ isTTY: true, columns: 12 })
  let now = 0
  const screen = createScreen(stream, () => now)
  screen.site('a', { event: 'round', round: 1, rounds: 2 })
  now = 1000
  screen.site('b', { event: 'round', round: 1, rounds: 2 })
  screen.release()
  screen.say('done')
  const line = (site: string): string => `${site} [--------\n`
  expect(stream.text()).toBe(`${line('a')}\u001B[1A\u001B[0J${line('a')}${line('b')}done\n`)
})

test('on a terminal it is not redrawn more often than can be seen', () => {
  const stream = capture({ isTTY: true })
  const screen = createScreen(stream, () => 5)
  screen.progress('films 1/9')
  screen.progress('films 2/9')
  expect(stream.text()).toBe('films 1/9\n')
})
