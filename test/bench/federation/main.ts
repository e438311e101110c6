/** The process `npm run bench:federation`. */
import { runBenchProcess } from '../run-bench-process.ts'
import { parseBenchOptions } from './bench-options.ts'
import { runBenchmark } from './benchmark.ts'
import { resultTable } from './result-table.ts'

await runBenchProcess({ parseOptions: parseBenchOptions, run: runBenchmark, table: resultTable })
