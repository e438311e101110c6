import { formatWindow, isOpen, parseTransferWindow } from './transfer-window.ts'

const at = (hours: number, minutes = 0): Date => new Date(2026, 0, 15, hours, minutes)
const night = parseTransferWindow('22:00-06:30')!
const day = parseTransferWindow('09:15-17:00')!

test('a window holds its first minute and not its last, also over midnight', () => {
  expect([at(9, 14), at(9, 15), at(16, 59), at(17)].map((now) => isOpen(day, now))).toEqual([
    false,
    true,
    true,
    false,
  ])
  expect(
    [at(21, 59), at(22), at(0), at(6, 29), at(6, 30)].map((now) => isOpen(night, now)),
  ).toEqual([false, true, true, true, false])
  expect(formatWindow(night)).toBe('22:00 to 06:30')
})

test.each(['', '22:00', '24:00-06:00', '22:60-06:00', '06:00-06:00', '1:00-02:00'])(
  '%p is no window',
  (text) => {
    expect(parseTransferWindow(text)).toBeUndefined()
  },
)
