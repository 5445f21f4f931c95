import { syntaxError } from '../../grammar/syntax-error.ts'
import type { Command, CommandContext } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { syncMailbox } from '../sync-mailbox.ts'

// RFC 2177.
export const idle: Command = {
  name: 'IDLE',
  when: 'authenticated',
  async run(context, account) {
    const { args, input, ports, writer } = context
    args.end()
    writer.line('+ idling')
    await writer.flush()
    const signal = new ChangeSignal()
    const end: IdleEnd = {}
    const ended = watch(input.line(ports.limits.idleMs), end, signal)
    const unsubscribe = ports.changes.subscribe(account.id, () => signal.raise())
    try {
      for (;;) {
        // The first time for what changed between the last answer and the subscription.
        await tellChanges(context)
        await signal.next()
        // One mail may wake thousands of sessions: they tell of it in turns, after whoever brought it has its answer.
        await Promise.race([ports.turns.take(account.id), ended])
        signal.clear()
        if (end.error !== undefined) throw end.error
        if (end.line !== undefined) return finish(end.line)
      }
    } finally {
      unsubscribe()
    }
  },
}

interface IdleEnd {
  line?: string | object
  error?: unknown
}

async function watch(
  line: Promise<string | object>,
  end: IdleEnd,
  signal: ChangeSignal,
): Promise<void> {
  try {
    end.line = await line
  } catch (error) {
    end.error = error
  }
  signal.raise()
}

function finish(line: string | object): ReturnType<typeof ok> {
  if (typeof line !== 'string' || line.toUpperCase() !== 'DONE')
    throw syntaxError('IDLE ends with DONE')
  return ok('IDLE completed')
}

async function tellChanges({ ports, state, writer }: CommandContext): Promise<void> {
  const { selected, isCondstoreEnabled } = state
  if (selected === undefined) return
  const result = await syncMailbox({
    store: ports.store,
    selected,
    writer,
    mayExpunge: true,
    withModSeq: isCondstoreEnabled,
    told: new Set(),
  })
  if (result === 'mailboxGone') writer.close('* BYE The selected mailbox was deleted')
  await writer.flush()
}

/** Many changes while one is being told become one. */
class ChangeSignal {
  #isRaised = false
  #wake: (() => void) | undefined

  raise(): void {
    this.#isRaised = true
    this.#wake?.()
  }

  async next(): Promise<void> {
    if (!this.#isRaised)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    this.#wake = undefined
  }

  /** What comes from here on is another change. */
  clear(): void {
    this.#isRaised = false
  }
}
