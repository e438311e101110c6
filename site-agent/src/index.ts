export {
  parseDataSource,
  MAX_PARTS,
  type Cut,
  type DataSource,
  type NpzSelection,
  type Skew,
} from './data/parse-data-source.ts'
export { loadData } from './data/load-data.ts'
export type { LoadedData, LoadOptions, LoadProgress } from './data/loaded-data.ts'
export { prepareData, type PreparedData, type PrepareOptions } from './data/prepare-data.ts'
export { readDataset, writeDataset } from './data/dataset-file.ts'
export {
  assertUsable,
  describePreflight,
  preflightCounts,
  type PreflightReport,
} from './data/preflight.ts'
export { PIPELINE, toWorkingImage, type WorkingShape } from './data/to-working-image.ts'
export { runAgent, type AgentOptions } from './agent/run-agent.ts'
export type { AgentEvent } from './agent/agent-event.ts'
export { statePaths } from './state/state-folder.ts'
export { exitCodes } from './cli/exit-code.ts'
