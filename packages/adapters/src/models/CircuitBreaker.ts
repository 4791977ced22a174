/** Leaves a provider alone for a while when it fails again and again. */
import { Cause, Clock, Duration, Effect, Exit, Metric, Option, Ref } from "effect"
import { CircuitOpen, isOutage, type ModelFailure } from "./ModelFailure.ts"

/** `half-open`: one request may try whether the provider is back. */
export type CircuitState = "closed" | "open" | "half-open"

export interface CircuitBreaker {
  readonly state: Effect.Effect<CircuitState>
  /**
   * Runs a request if the circuit lets it. Only failures of the provider count (a server's error, no answer): a
   * refusal, a rate limit or a wrong request shows that it is there.
   */
  guard<A, R>(request: Effect.Effect<A, ModelFailure, R>): Effect.Effect<A, ModelFailure | CircuitOpen, R>
}

export interface CircuitBreakerOptions {
  readonly provider: string
  /** Failures in a row after which it opens. Default 5. */
  readonly threshold?: number
  /** For how long it then asks nothing. Default 30 seconds. */
  readonly cooldown?: Duration.Input
}

/** 1 while the circuit of `provider` is open, else 0. */
export const circuitOpen = Metric.gauge("llm_circuit_open", {
  description: "Whether a provider of language models is left alone because it fails (1) or not (0)."
})

interface Circuit {
  readonly failures: number
  /** 0: closed. */
  readonly openUntilMs: number
  readonly probing: boolean
}

const closed: Circuit = { failures: 0, openUntilMs: 0, probing: false }

/** A circuit that is closed. Its clock is `Clock`. */
export const make = Effect.fnUntraced(function* (options: CircuitBreakerOptions) {
  const { provider, threshold = 5 } = options
  const cooldownMs = Duration.toMillis(Duration.fromInputUnsafe(options.cooldown ?? "30 seconds"))
  const circuit = yield* Ref.make(closed)
  const gauge = Metric.withAttributes(circuitOpen, { provider })
  yield* Metric.update(gauge, 0)

  const enter = Effect.fnUntraced(function* () {
    const nowMs = yield* Clock.currentTimeMillis
    const refusedForMs = yield* Ref.modify(circuit, (state) => {
      if (state.openUntilMs === 0) return [0, state]
      if (nowMs < state.openUntilMs) return [state.openUntilMs - nowMs, state]
      return state.probing ? [cooldownMs, state] : [0, { ...state, probing: true }]
    })
    if (refusedForMs > 0) return yield* new CircuitOpen({ provider, retryAfter: Duration.millis(refusedForMs) })
  })

  const leave = Effect.fnUntraced(function* (exit: Exit.Exit<unknown, ModelFailure>) {
    const nowMs = yield* Clock.currentTimeMillis
    const failure = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : Option.none()
    const outage = Option.isSome(failure) && isOutage(failure.value.reason)
    // NOTE: an interrupted request says nothing of the provider.
    const silent = Exit.isFailure(exit) && Option.isNone(failure)
    const next = yield* Ref.updateAndGet(circuit, (state) => {
      if (silent) return { ...state, probing: false }
      if (!outage) return closed
      const failures = state.failures + 1
      return failures < threshold && !state.probing
        ? { ...state, failures }
        : { failures, openUntilMs: nowMs + cooldownMs, probing: false }
    })
    yield* Metric.update(gauge, next.openUntilMs === 0 ? 0 : 1)
  })

  const breaker: CircuitBreaker = {
    state: Effect.gen(function* () {
      const { openUntilMs } = yield* Ref.get(circuit)
      if (openUntilMs === 0) return "closed"
      return (yield* Clock.currentTimeMillis) < openUntilMs ? "open" : "half-open"
    }),
    guard: (request) =>
      Effect.uninterruptibleMask((restore) => Effect.andThen(enter(), Effect.onExit(restore(request), leave)))
  }
  return breaker
})
