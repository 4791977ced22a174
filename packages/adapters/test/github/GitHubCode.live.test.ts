import { suite } from "../../../agent/test/CodeTest.ts"
import { hosts } from "./hostWorld.ts"

for (const { denied, host, name } of hosts) suite(name, host, denied)
