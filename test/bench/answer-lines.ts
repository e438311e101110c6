import { createInterface } from 'node:readline'

/** The other end of a line process: says `ready`, then answers every line of standard input until it ends. */
export async function answerLines(
  ready: object,
  answer: (request: unknown) => Promise<object>,
): Promise<void> {
  say(ready)
  for await (const line of createInterface({ input: process.stdin })) {
    say(await answer(JSON.parse(line)))
  }
}

const say = (message: object): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
