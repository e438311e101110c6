import { explainSystemError } from './explain-system-error.ts'

test.each(['ENOSPC', 'EDQUOT', 'SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', '53100'])(
  '%s is a full disk, which sites wait out',
  (code) => {
    const cause = Object.assign(new Error('no space left on device, write'), { code })
    const explained = explainSystemError(cause)
    expect(explained).toMatchObject({ code: 'STATE_DISK_FULL', retryable: true, cause })
    expect((explained as Error).message).toContain('(no space left on device, write)')
  },
)

test.each(['SQLITE_CORRUPT', 'SQLITE_CORRUPT_INDEX', 'SQLITE_NOTADB'])(
  '%s is a damaged journal, which a backup mends',
  (code) => {
    const cause = Object.assign(new Error('file is not a database'), { code })
    expect(explainSystemError(cause)).toMatchObject({ code: 'JOURNAL_DAMAGED', cause })
  },
)

test('any other error stays what it is', () => {
  const error = Object.assign(new Error('no such file'), { code: 'ENOENT' })
  expect(explainSystemError(error)).toBe(error)
})
