import { ConsiliumError } from '@consilium/errors'

/** Thrown when an option of the demo cannot be used. */
export class DemoUsageError extends ConsiliumError {
  constructor({ option, value, expected }: { option: string; value: string; expected: string }) {
    super({
      code: 'DEMO_USAGE',
      message: `The demo cannot use ${option} '${value}': expected ${expected}. Run 'npm run demo -- --help' for all options.`,
    })
  }
}

/** Thrown when the coordinator, a site's agent or an evaluation ends before its work is done. */
export class ProcessFailedError extends ConsiliumError {
  constructor({ name, how, why }: { name: string; how: string; why: string }) {
    super({
      code: 'DEMO_PROCESS_FAILED',
      message: `The process '${name}' ended too early (${how}). ${why} The other processes were stopped; correct this and run the demo again.`,
    })
  }
}

/** Thrown when a process says something other than its contract, so that the report cannot be made. */
export class UnexpectedOutputError extends ConsiliumError {
  constructor({ name, expected }: { name: string; expected: string }) {
    super({
      code: 'DEMO_UNEXPECTED_OUTPUT',
      message: `The process '${name}' did not print ${expected}. Run 'npm run build' so that all parts have the same version, and start again.`,
    })
  }
}
