/** One configuration for every package: ESM TypeScript, run from source (package.json runs jest under --experimental-vm-modules). */
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['consilium-source', 'node'] },
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
}
