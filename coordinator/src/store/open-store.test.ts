import { useStateFolder } from '../testing/state-folder.ts'
import { openStore } from './open-store.ts'

const folder = useStateFolder()

test("STATE_FOLDER_IN_USE: a coordinator's folder is no other one's, wherever the journal is", async () => {
  const store = await openStore({ folder: folder() })
  const address = 'postgres://nobody@127.0.0.1:1/none?schema=s'
  const other = { folder: folder(), store: address }
  await expect(openStore(other)).rejects.toMatchObject({ code: 'STATE_FOLDER_IN_USE' })
  await store.close()
  await expect(openStore(other)).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
})
