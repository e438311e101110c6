import { createFileSecrets } from '../store/file-secrets.ts'
import { useStateFolder } from '../testing/state-folder.ts'
import { resolveJoinToken } from './join-token.ts'

const folder = useStateFolder()

test.each(['', ' ', '\n'])('a token of %j is none: it would let everybody join', async (given) => {
  const made = await resolveJoinToken(createFileSecrets(folder()), given)
  expect(made).toMatch(/^[\w-]{32}$/)
  expect(await resolveJoinToken(createFileSecrets(folder()), undefined)).toBe(made)
})

test('a token that is given takes the place of the stored one', async () => {
  const secrets = createFileSecrets(folder())
  await resolveJoinToken(secrets, undefined)
  expect(await resolveJoinToken(secrets, 'given')).toBe('given')
  expect(await resolveJoinToken(secrets, undefined)).toBe('given')
})
