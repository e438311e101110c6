import type { Ended } from '../../e2e/support/processes.ts'

/** What a process said last, in one line. */
export const explain = ({ code, last, stderr }: Ended): string =>
  last?.event === 'error'
    ? `${String(last['code'])}: ${String(last['message'])}`.split('\n')[0]!
    : `exit code ${code ?? 'unknown'} ${stderr.trim().split('\n').at(-1) ?? ''}`
