import { createWrites } from './running-writes.ts'

/** Bytes of a connection on which nothing comes. */
async function* silence(): AsyncGenerator<Uint8Array> {
  await new Promise<never>(() => undefined)
  yield new Uint8Array()
}

async function readAll(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const pieces = bytes[Symbol.asyncIterator]()
  while ((await pieces.next()).done !== true);
}

test('UPDATE_BUSY: what is interrupted ends while it waits for bytes', async () => {
  const writes = createWrites('oslo')
  const written = expect(writes.run(0, silence(), readAll)).rejects.toMatchObject({
    code: 'UPDATE_BUSY',
  })
  await Promise.resolve()
  await writes.interrupt()
  await written
  writes.assertNone()
})

test('UPDATE_BUSY: what is interrupted before it asks for bytes ends too', async () => {
  const writes = createWrites('oslo')
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  const write = async (bytes: AsyncIterable<Uint8Array>): Promise<void> => {
    await opened
    await readAll(bytes)
  }
  const written = expect(writes.run(0, silence(), write)).rejects.toMatchObject({
    code: 'UPDATE_BUSY',
  })
  const interrupted = writes.interrupt()
  open()
  await Promise.all([interrupted, written])
})
