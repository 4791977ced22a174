/** Wherever it dies and whatever answer is lost, one object is there in the end, and everybody is told the same id. */
import { assert, describe, it } from "@effect/vitest"
import { bearsMark, hiddenMark, makeOnce, ResourceLedger, SqlResourceLedger } from "@productbuilding/core"
import { Effect, Exit, Layer, Option, Schedule, Schema } from "effect"
import { random } from "../../../../test/support/random.ts"
import * as Sqlite from "../../src/sqlite/Sqlite.ts"

class Trouble extends Schema.TaggedError<Trouble>()("Trouble", { kind: Schema.Literals(["unavailable", "refused"]) }) {}

const crash = Effect.die("the process is gone")
const looks = 3

/** What is outside: it does what it is asked for or not, says so or not, and shows it only after some looks. */
const makeWorld = (next: () => number) => {
  const objects: Array<{ readonly id: string; hiddenFor: number }> = []
  const calls = { find: 0, make: 0 }
  let peaceful = false
  const happens = (chance: number) => !peaceful && next() < chance

  const find = Effect.gen(function* () {
    calls.find++
    if (happens(0.1)) return yield* crash
    if (happens(0.15)) return yield* new Trouble({ kind: "unavailable" })
    const [object] = objects
    if (object === undefined) return Option.none()
    if (object.hiddenFor-- > 0) return Option.none()
    return Option.some(object.id)
  })
  const make = Effect.gen(function* () {
    calls.make++
    if (happens(0.1)) return yield* crash
    if (happens(0.2)) return yield* new Trouble({ kind: next() < 0.5 ? "unavailable" : "refused" })
    const id = `object ${objects.length + 1}`
    objects.push({ id, hiddenFor: Math.floor(next() * looks) })
    if (happens(0.2)) return yield* crash
    if (happens(0.4)) return yield* new Trouble({ kind: "unavailable" })
    return id
  })
  const calm = () => {
    peaceful = true
  }
  return { objects, calls, find, make, happens, calm }
}

const request = (key: string, { find, make }: Pick<ReturnType<typeof makeWorld>, "find" | "make">) => ({
  ownerKey: key,
  kind: "issue",
  subject: "acme/shop",
  find,
  make,
  isUnsure: ({ kind }: Trouble) => kind === "unavailable",
  lookAgain: Schedule.recurs(looks - 1)
})

/** The ledger, in a process that may die before and after each of its writes. */
const mortal = (ledger: ResourceLedger["Service"], happens: (chance: number) => boolean) => {
  const around = <A, E>(write: Effect.Effect<A, E>) =>
    Effect.suspend(() => (happens(0.05) ? crash : write)).pipe(
      Effect.tap(() => Effect.suspend(() => (happens(0.05) ? crash : Effect.void)))
    )
  return ResourceLedger.of({
    ...ledger,
    claim: (resource) => around(ledger.claim(resource)),
    live: (ownerKey, id) => around(ledger.live(ownerKey, id)),
    ambiguous: (ownerKey) => around(ledger.ambiguous(ownerKey)),
    removed: (ownerKey) => around(ledger.removed(ownerKey))
  })
}

const database = SqlResourceLedger.layer.pipe(Layer.provide(Sqlite.layerMemory))

it.layer(database, { excludeTestServices: true })("makeOnce", (it) => {
  const fixed = process.env["PB_SEED"]
  const seeds = fixed === undefined ? [1, 2, 3, Date.now() % 1_000_000] : [Number(fixed)]
  for (const seed of seeds) {
    it.effect(`makes one object, wherever it dies and whatever answer is lost (PB_SEED=${seed})`, () =>
      Effect.gen(function* () {
        const ledger = yield* ResourceLedger
        const next = random(seed)
        for (let round = 0; round < 150; round++) {
          const key = `storm ${seed} ${round}`
          const world = makeWorld(next)
          const told = new Set<string>()
          for (let call = 0; call < 12; call++) {
            if (call === 10) world.calm()
            const exit = yield* makeOnce(request(key, world)).pipe(
              Effect.provideService(ResourceLedger, mortal(ledger, world.happens)),
              Effect.exit
            )
            if (Exit.isSuccess(exit)) told.add(exit.value.id)
            assert.isAtMost(world.objects.length, 1, `round ${round}, call ${call}, seed ${seed}`)
          }
          assert.deepStrictEqual(Array.from(told), ["object 1"], `round ${round}, seed ${seed}`)
          const row = Option.getOrThrow(yield* ledger.find(key))
          assert.deepStrictEqual([row.state, row.externalId], ["live", "object 1"])
        }
      })
    )
  }

  const quiet = () => {
    const world = makeWorld(random(1))
    world.calm()
    return world
  }
  const state = (key: string) =>
    Effect.gen(function* () {
      const ledger = yield* ResourceLedger
      return Option.getOrThrow(yield* ledger.find(key)).state
    })

  it.effect("asks nobody when the object lives", () =>
    Effect.gen(function* () {
      const world = quiet()
      assert.strictEqual((yield* makeOnce(request("lives", world))).how, "made")
      assert.deepStrictEqual(yield* makeOnce(request("lives", world)), { id: "object 1", how: "known" })
      assert.deepStrictEqual(world.calls, { find: 0, make: 1 })
    })
  )

  it.effect("says that nothing is there after a refusal, and tries again when it is asked again", () =>
    Effect.gen(function* () {
      const world = quiet()
      const refused = { ...world, make: Effect.fail(new Trouble({ kind: "refused" })) }
      assert.strictEqual((yield* Effect.flip(makeOnce(request("refused", refused))))._tag, "Trouble")
      assert.strictEqual(yield* state("refused"), "removed")
      assert.strictEqual((yield* makeOnce(request("refused", world))).how, "made")
    })
  )

  it.effect("says that it cannot tell while nothing answers, then finds what is there", () =>
    Effect.gen(function* () {
      const world = quiet()
      const unavailable = Effect.fail(new Trouble({ kind: "unavailable" }))
      const lost = { find: unavailable, make: Effect.andThen(world.make, unavailable) }
      yield* Effect.flip(makeOnce(request("lost", lost)))
      assert.strictEqual(yield* state("lost"), "ambiguous")
      assert.deepStrictEqual(yield* makeOnce(request("lost", world)), { id: "object 1", how: "found" })
    })
  )

  it.effect("gives up after a second try that may have made it", () =>
    Effect.gen(function* () {
      let tries = 0
      const nothing = {
        find: Effect.succeedNone,
        make: Effect.suspend(() => {
          tries++
          return Effect.fail(new Trouble({ kind: "unavailable" }))
        })
      }
      yield* Effect.flip(makeOnce(request("nothing", nothing)))
      assert.deepStrictEqual([tries, yield* state("nothing")], [2, "ambiguous"])
    })
  )
})

describe("hidden marks", () => {
  it("are different for different keys, and cannot be left from inside", () => {
    const keys = ["a-b", "a--b", "a%2Db", "a b", "--> <script>", "-", "ä\ud800"]
    const marks = keys.map(hiddenMark)
    assert.strictEqual(new Set(marks).size, keys.length)
    for (const mark of marks) assert.match(mark, /^<!-- [^<>\s]+ -->$/)
    assert.isTrue(bearsMark(`\n${hiddenMark("a")}\nText`, hiddenMark("a")))
    assert.isFalse(bearsMark(`> ${hiddenMark("a")}`, hiddenMark("a")))
  })
})
