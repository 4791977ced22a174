import { assert, describe, it } from "vitest"
import { isAddress, isLoopback, isPrivate, isPublic } from "../../src/callbacks/CallbackAddress.ts"

/** As a URL has it: the parser turns every spelling of an IPv4 address into the same. */
const hostOf = (url: string) => new URL(url).hostname

describe("addresses", () => {
  for (const url of [
    "http://127.0.0.1",
    "https://127.0.0.1",
    "https://127.255.255.254",
    "https://127.1",
    "https://2130706433",
    "https://0x7f000001",
    "https://0x7f.1",
    "https://0177.0.0.1",
    "https://0",
    "https://0.0.0.0",
    "https://10.0.0.1",
    "https://172.16.0.1",
    "https://172.31.255.255",
    "https://192.168.1.1",
    "https://3232235777",
    "https://100.64.0.1",
    "https://100.100.100.200",
    "https://169.254.169.254",
    "https://0xa9fea9fe",
    "https://168.63.129.16",
    "https://192.0.0.192",
    "https://192.0.2.1",
    "https://198.18.0.1",
    "https://224.0.0.1",
    "https://240.0.0.1",
    "https://255.255.255.255",
    "https://[::]",
    "https://[::1]",
    "https://[0:0:0:0:0:0:0:1]",
    "https://[::ffff:127.0.0.1]",
    "https://[::ffff:a9fe:a9fe]",
    "https://[::ffff:8.8.8.8]",
    "https://[::127.0.0.1]",
    "https://[64:ff9b::7f00:1]",
    "https://[64:ff9b:1::a00:1]",
    "https://[2002:7f00:1::]",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "https://[2001:db8::1]",
    "https://[fe80::1]",
    "https://[fec0::1]",
    "https://[fc00::1]",
    "https://[fd00:ec2::254]",
    "https://[ff02::1]",
    "https://[4000::1]"
  ]) {
    it(`${url} is not public`, () => {
      assert.isTrue(isAddress(hostOf(url)))
      assert.isFalse(isPublic(hostOf(url)))
    })
  }

  for (const url of [
    "https://8.8.8.8",
    "https://134744072",
    "https://172.15.255.255",
    "https://172.32.0.1",
    "https://192.167.0.1",
    "https://100.128.0.1",
    "https://[2606:4700:4700::1111]",
    "https://[2a01:4f8::1]"
  ]) {
    it(`${url} is public`, () => assert.isTrue(isPublic(hostOf(url))))
  }

  it("a name is no address, nor is an address with a zone public", () => {
    assert.isFalse(isAddress("example.com"))
    assert.isFalse(isPublic("example.com"))
    assert.isFalse(isPublic(""))
    assert.isFalse(isPublic("fe80::1%eth0"))
  })

  it("of the others only this machine's and private networks' may be allowed, and never a cloud's metadata", () => {
    for (const host of ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "[::1]", "[fd00::1]"]) {
      assert.isTrue(isPrivate(host), host)
    }
    for (const host of [
      "169.254.169.254",
      "[fe80::1]",
      "[fd00:ec2::254]",
      "0.0.0.0",
      "[::ffff:10.0.0.1]",
      "8.8.8.8",
      "a"
    ]) {
      assert.isFalse(isPrivate(host), host)
    }
  })

  it("this machine is any loopback address, and localhost and what is below it", () => {
    for (const host of ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "a.localhost", "localhost."]) {
      assert.isTrue(isLoopback(host), host)
    }
    for (const host of ["10.0.0.1", "notlocalhost", "localhost.example.com", "[::2]"]) {
      assert.isFalse(isLoopback(host), host)
    }
  })
})
