/** Our front door in front of one upstream. Arguments: port, upstream port. */
import * as FrontDoor from "@productbuilding/adapters/frontdoor/FrontDoor"
import { frontDoorServer } from "@productbuilding/adapters/frontdoor/FrontDoorServer"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"

const endpoint = { host: "127.0.0.1", port: Number(process.argv[3]) }

Effect.runFork(
  Effect.scoped(
    Effect.gen(function* () {
      const door = yield* FrontDoor.make({
        resolve: () => endpoint,
        isPreviewHost: () => true,
        page: () => Effect.succeed(HttpServerResponse.empty({ status: 503 }))
      })
      frontDoorServer(door).listen(Number(process.argv[2]), "127.0.0.1", () => process.stdout.write("listening\n"))
      return yield* Effect.never
    })
  )
)
