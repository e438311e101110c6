/** One configuration for every package: ESM TypeScript, run from source (package.json runs jest under --experimental-vm-modules). */
export default {
  testEnvironment: new URL('./jest.environment.mjs', import.meta.url).pathname,
  testEnvironmentOptions: { customExportConditions: ['consilium-source', 'node'] },
  testMatch: ['**/*.test.ts'],
  // A loaded machine is slow, not wrong: tests wait for events, never for time.
  testTimeout: 60_000,
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      new URL('./jest.transform.mjs', import.meta.url).pathname,
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
}
