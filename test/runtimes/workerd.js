import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Writes `config.capnp`: one worker, listening on this machine.
 *
 * @param folder where its modules are
 * @param modules the kind of each, by its name, the worker's own first
 * @param date of compatibility
 * @param port 0 for any
 */
export function writeConfig(folder, modules, date, port = 0) {
  const embedded = Object.entries(modules).map(([name, kind]) => `(name = "${name}", ${kind} = embed "${name}")`);
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [${embedded.join(", ")}], compatibilityDate = "${date}"))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  );
}
