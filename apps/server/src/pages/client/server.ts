/** Asking the server, with the token that somebody has typed in where it needs one. */
// @effect-diagnostics globalFetch:off globalDate:off (this runs in a browser, without Effect)
import { find, tell } from "./parts.ts"

/** Answers with the status, 0 where nothing answers. */
export const readJson = async <A>(
  path: string,
  use: (value: A) => void,
  headers: Readonly<Record<string, string>> = {}
): Promise<number> => {
  const answer = await fetch(path, { headers }).catch(() => null)
  if (answer?.ok === true) use(await answer.json())
  return answer?.status ?? 0
}

export const authorization = (token: string | null): Readonly<Record<string, string>> =>
  token === null || token === "" ? {} : { authorization: `Bearer ${token}` }

export const tokenDialog = find("#token", HTMLDialogElement)
const tokenInput = find("#token-value", HTMLInputElement)

/** The token that somebody has typed in this tab; asks for one if there is none. `null` if nobody wants to. */
export const askToken = (): Promise<string | null> =>
  new Promise((resolve) => {
    if (tokenDialog === null || tokenInput === null) return resolve(null)
    tokenInput.value = ""
    tokenDialog.returnValue = ""
    tokenDialog.addEventListener("close", () => resolve(tokenDialog.returnValue === "go" ? tokenInput.value : null), {
      once: true
    })
    tokenDialog.showModal()
  })

/** Asks the server to do something; `done` and `undone` say what became of it. Answers whether it was done. */
export const post = async (path: string, done: string, undone: string): Promise<boolean> => {
  const token = sessionStorage.getItem("token") ?? (tokenDialog === null ? "" : await askToken())
  if (token === null) return false
  const answer = await fetch(path, { method: "POST", headers: authorization(token) }).catch(() => null)
  if (answer?.ok === true) {
    if (token !== "") sessionStorage.setItem("token", token)
    tell(done)
    return true
  }
  if (answer?.status === 403) sessionStorage.removeItem("token")
  const said: { readonly message?: string } = (await answer?.json().catch(() => null)) ?? {}
  tell(
    answer === null
      ? "The server does not answer; nothing was done."
      : answer.status === 403 && tokenDialog !== null
        ? "The server does not take this token."
        : `${undone} ${said.message ?? `The server answered ${answer.status}.`}`
  )
  return false
}
