import { availableParallelism } from 'node:os'
import { parseDoctorOptions } from './doctor-options.ts'

test('by default it uses every core and speaks to people', () => {
  expect(parseDoctorOptions(['doctor'])).toEqual({
    kind: 'doctor',
    threads: availableParallelism(),
    json: false,
  })
})

test('options may stand before and after the command', () => {
  expect(parseDoctorOptions(['--json', 'doctor', '--threads', '3', '--dump=graphs'])).toEqual({
    kind: 'doctor',
    threads: 3,
    json: true,
    dump: 'graphs',
  })
})

test.each([[['--help']], [['doctor', '--help', '--threads', 'many']]])(
  '%j asks for help',
  (argv) => {
    expect(parseDoctorOptions(argv)).toEqual({ kind: 'help' })
  },
)

test.each([
  [['doctor', '--colour'], "Unknown option '--colour'"],
  [['doctor', '--dump'], "Option '--dump <value>' argument missing"],
  [['doctor', '--threads', '0'], "--threads is '0', expected a whole number from 1 to 999"],
  [['doctor', '--threads', '2.5'], "--threads is '2.5', expected a whole number from 1 to 999"],
  [['nurse'], "There is no command 'nurse'"],
  [['doctor', 'nurse'], "There is no command 'doctor nurse'"],
  [[], 'A command is missing'],
])('%j is refused', (argv, reason) => {
  expect(() => parseDoctorOptions(argv)).toThrow(
    expect.objectContaining({
      code: 'ENGINE_USAGE',
      message: `${reason}. See engine doctor --help.`,
    }),
  )
})
