/** The app that a workspace needs, as Slack's own page creates it. */
import { neededScopes, optionalScopes } from "./SlackFindings.ts"

const manifest = {
  display_information: { name: "ProductBuilding", description: "Issues, pull requests and their previews, as threads" },
  features: {
    bot_user: { display_name: "ProductBuilder", always_online: true },
    // NOTE: so that people can write to it alone. https://docs.slack.dev/surfaces/app-home#messages-tab (read 2026-11-21)
    app_home: { messages_tab_enabled: true, messages_tab_read_only_enabled: false },
    // NOTE: only an app that is declared an agent has sessions. https://docs.slack.dev/ai/agent-sessions (read 2026-11-21)
    agent_view: { agent_description: "Works on issues and pull requests, and knows what their previews do" }
  },
  oauth_config: { scopes: { bot: [...neededScopes, ...optionalScopes] } },
  settings: {
    event_subscriptions: {
      bot_events: [
        "message.channels",
        "message.groups",
        "message.im",
        "app_mention",
        "reaction_added",
        "agent_session_stopped"
      ]
    },
    interactivity: { is_enabled: true },
    // NOTE: so that it works before the server has a public address.
    socket_mode_enabled: true
  }
}

/** Opens Slack's form with everything filled in. https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests (read 2026-11-21) */
export const createAppUrl = `https://api.slack.com/apps?${new URLSearchParams({
  new_app: "1",
  manifest_json: JSON.stringify(manifest)
})}`
