// Where the service is: config.json, which lies beside the script, read once.
import type { Config } from "../protocol";

const configs = new Map<string, Promise<Config>>();

export function loadConfig(endpoint: string): Promise<Config> {
  let config = configs.get(endpoint);
  if (!config) {
    config = fetch(new URL("config.json", endpoint)).then(async (response) => {
      if (!response.ok) throw new Error(`config.json: HTTP ${response.status}`);
      return (await response.json()) as Config;
    });
    configs.set(endpoint, config);
    // A failure is not remembered: the next attempt asks again.
    config.catch(() => configs.delete(endpoint));
  }
  return config;
}
