export { ConsiliumError, type ErrorDetails } from './consilium-error.ts'
