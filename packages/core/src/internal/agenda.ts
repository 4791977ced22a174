import { DateTime } from "effect"
import type { OutboxMessage, OutboxWork, Priority, StatusSlot } from "../Outbox.ts"

/** A message on the agenda. `message.state` says whether it must be looked for before it is sent. */
export interface MessageItem {
  readonly lane: "append"
  message: OutboxMessage
  failures: number
  notBefore: number
}

/** A slot on the agenda. */
export interface SlotItem {
  readonly lane: "status"
  slot: StatusSlot
  since: number
  changedAt: number
  failures: number
  notBefore: number
}

export type Item = MessageItem | SlotItem

/** What one thread waits for. */
interface Thread {
  readonly messages: Array<MessageItem>
  readonly slots: Map<string, SlotItem>
  sending: boolean
  readonly showing: Set<string>
}

export const workOf = (item: Item): OutboxWork =>
  item.lane === "append" ? { lane: "append", message: item.message } : { lane: "status", slot: item.slot }

const isUrgent = (priority: Priority) => priority === "question" || priority === "final"

const heldUntil = ({ notBefore }: OutboxMessage | StatusSlot): number =>
  notBefore === null ? 0 : DateTime.toEpochMillis(notBefore)

/** Found something to do, or when to look again (`undefined`: at the next arrival). */
export type Pick =
  | { readonly item: Item; readonly thread: string; readonly cost: ReadonlyArray<string> }
  | { readonly lookAgainAt: number | undefined }

/**
 * What waits, by thread, and what comes next: urgent things first, threads in turn, in each thread the messages in their
 * order and never two at once, and slots when they have been quiet. All times in epoch milliseconds.
 */
export const makeAgenda = (rules: {
  paceMs(slot: StatusSlot): { readonly quiet: number; readonly longestWait: number }
  line(slot: StatusSlot): string | undefined
  /** Whether a message that must wait lets the others of its thread pass; each is then held and as urgent as itself. */
  readonly mayPass: boolean
  cost(work: OutboxWork): ReadonlyArray<string>
  availableAt(cost: ReadonlyArray<string>, urgent: boolean, now: number): number
}) => {
  /** NOTE: a map keeps its order: the thread that was served goes to the end. */
  const threads = new Map<string, Thread>()

  const threadOf = (name: string): Thread => {
    let thread = threads.get(name)
    if (thread === undefined) {
      thread = { messages: [], slots: new Map(), sending: false, showing: new Set() }
      threads.set(name, thread)
    }
    return thread
  }

  const forgetIfEmpty = (name: string) => {
    const thread = threads.get(name)
    if (thread?.messages.length === 0 && thread.slots.size === 0) threads.delete(name)
  }

  const addSlot = (slot: StatusSlot) => {
    const thread = threadOf(slot.thread)
    const item = thread.slots.get(slot.key)
    const changedAt = DateTime.toEpochMillis(slot.changedAt)
    if (item === undefined) {
      const since = DateTime.toEpochMillis(slot.since)
      thread.slots.set(slot.key, { lane: "status", slot, since, changedAt, failures: 0, notBefore: 0 })
    } else if (slot.version > item.slot.version) {
      item.slot = slot
      item.changedAt = changedAt
    }
  }

  const addMessage = (message: OutboxMessage) => {
    const { messages } = threadOf(message.thread)
    const before = messages.findLastIndex((one) => one.message.sequence <= message.sequence)
    if (messages[before]?.message.sequence === message.sequence) return
    const notBefore = message.retryAt === null ? 0 : DateTime.toEpochMillis(message.retryAt)
    messages.splice(before + 1, 0, { lane: "append", message, failures: 0, notBefore })
  }

  const slotReadyAt = ({ changedAt, notBefore, since, slot }: SlotItem): number => {
    const { longestWait, quiet } = rules.paceMs(slot)
    return Math.max(
      notBefore,
      Math.min(changedAt + quiet, since + longestWait),
      slot.reference === null ? heldUntil(slot) : 0
    )
  }

  /** Which slot of each line comes next, or is being shown. */
  const frontsOf = (thread: Thread): ReadonlyMap<string, string> => {
    const fronts = new Map<string, string>()
    for (const { slot } of thread.slots.values()) {
      const line = rules.line(slot)
      if (line === undefined) continue
      const front = fronts.get(line)
      if (front === undefined || slot.key < front) fronts.set(line, slot.key)
    }
    return fronts
  }

  /**
   * What of a thread could be done, from when on, and its urgency: a message is as urgent as any that waits for it, and
   * is held no longer than any of them.
   */
  const candidates = function* (thread: Thread): Generator<readonly [item: Item, readyAt: number, urgent: boolean]> {
    const [head] = thread.messages
    if (head !== undefined && !thread.sending) {
      if (rules.mayPass) {
        for (const item of thread.messages) {
          yield [item, Math.max(item.notBefore, heldUntil(item.message)), isUrgent(item.message.priority)]
        }
      } else {
        const urgent = thread.messages.some(({ message }) => isUrgent(message.priority))
        const readyAt = thread.messages.reduce(
          (earliest, { message }) => Math.min(earliest, heldUntil(message)),
          Number.POSITIVE_INFINITY
        )
        yield [head, Math.max(head.notBefore, readyAt), urgent]
      }
    }
    const fronts = frontsOf(thread)
    for (const item of thread.slots.values()) {
      const line = rules.line(item.slot)
      const isNext = line === undefined || fronts.get(line) === item.slot.key
      if (isNext && !thread.showing.has(item.slot.key)) yield [item, slotReadyAt(item), isUrgent(item.slot.priority)]
    }
  }

  const pick = (now: number): Pick => {
    let lookAgainAt: number | undefined
    for (const wantUrgent of [true, false]) {
      for (const [name, thread] of threads) {
        for (const [item, readyAt, urgent] of candidates(thread)) {
          if (urgent !== wantUrgent) continue
          const cost = rules.cost(workOf(item))
          const at = Math.max(readyAt, rules.availableAt(cost, urgent, now))
          if (at > now) {
            lookAgainAt = Math.min(lookAgainAt ?? at, at)
            continue
          }
          if (item.lane === "append") thread.sending = true
          else thread.showing.add(item.slot.key)
          threads.delete(name)
          threads.set(name, thread)
          return { item, thread: name, cost }
        }
      }
    }
    return { lookAgainAt }
  }

  /** The work on an item has ended for now: it is done, or stays where it was. */
  const settle = (name: string, item: Item, done: boolean) => {
    const thread = threadOf(name)
    if (item.lane === "append") {
      thread.sending = false
      if (done) thread.messages.splice(thread.messages.indexOf(item), 1)
    } else {
      thread.showing.delete(item.slot.key)
      if (done) thread.slots.delete(item.slot.key)
    }
    forgetIfEmpty(name)
  }

  return {
    add: (work: OutboxWork) => (work.lane === "status" ? addSlot(work.slot) : addMessage(work.message)),
    pick,
    settle,
    isEmpty: () => threads.size === 0,
    /** How much waits, what is being done included. */
    size: () => {
      let messages = 0
      let slots = 0
      for (const thread of threads.values()) {
        messages += thread.messages.length
        slots += thread.slots.size
      }
      return { messages, slots, threads: threads.size }
    }
  }
}
