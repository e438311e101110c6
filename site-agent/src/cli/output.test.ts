import { PassThrough } from 'node:stream'
import { createOutput } from './output.ts'

function capture({ json, isTTY }: { json: boolean; isTTY: boolean }) {
  const stdout = new PassThrough()
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 12 })
  const read = (stream: PassThrough): string => String(stream.read() ?? '')
  return {
    output: createOutput({ stdout, stderr }, { json }),
    stdout: () => read(stdout),
    stderr: () => read(stderr),
  }
}

test('events are lines of JSON on stdout, and only when they were asked for', () => {
  const asked = capture({ json: true, isTTY: false })
  asked.output.event({ event: 'joined' })
  expect(asked.stdout()).toBe('{"event":"joined"}\n')
  const silent = capture({ json: false, isTTY: false })
  silent.output.event({ event: 'joined' })
  expect(silent.stdout()).toBe('')
})

test('a progress line fits the terminal and is erased by what follows', () => {
  const { output, stderr } = capture({ json: false, isTTY: true })
  output.progress('0123456789abcdef')
  output.say('done')
  output.say('again')
  expect(stderr()).toBe('\r\u001B[K0123456789a\r\u001B[Kdone\nagain\n')
})

test('what steers a terminal is left out of lines: they may hold what a coordinator wrote', () => {
  const { output, stderr } = capture({ json: false, isTTY: true })
  output.say('a\u001B]0;title\u0007b\r\nc')
  expect(stderr()).toBe('a]0;titleb\nc\n')
  output.progress('\u009B2Jd')
  expect(stderr()).toBe('\r\u001B[K2Jd')
})

test('without a terminal there are no progress lines', () => {
  const { output, stderr } = capture({ json: false, isTTY: false })
  output.progress('half way')
  expect(stderr()).toBe('')
})
