import { ConsiliumError } from '@consilium/errors'

/** Thrown when an option of the benchmark cannot be used. */
export class BenchUsageError extends ConsiliumError {
  constructor({ option, value, expected }: { option: string; value: string; expected: string }) {
    super({
      code: 'BENCH_USAGE',
      message: `The benchmark cannot use ${option} '${value}': expected ${expected}. Run the same command with --help for all options.`,
    })
  }
}

/** Thrown when a process that is measured ends before it was told to. */
export class MeasuredProcessError extends ConsiliumError {
  constructor({ name, how, said }: { name: string; how: string; said: string }) {
    super({
      code: 'BENCH_PROCESS_FAILED',
      message: `The process '${name}' ended too early (${how}). ${said} Measure without it, or correct this and run the benchmark again; --help lists what can be left out.`,
    })
  }
}
