import { describeWith } from "../../../test/support/requires.ts"
import { suite } from "./CrashTest.ts"
import { held, uniqueRepository } from "./DockerObjects.ts"

describeWith(["docker"], "a server with Docker that is killed", () =>
  suite({
    runtime: "docker",
    repositoryName: uniqueRepository,
    leftovers: (_world, environment) => held(environment)
  })
)
