// PostGraphile 5 over the same rows, the same row-level security and the same pool size; one process, told by its
// environment which database, which port and where the asking organization stands. It signs nobody in: that favours it.
import { createServer } from "node:http";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { jsonPgSmartTags } from "postgraphile/utils";

const { database_url, port, settings, pool_size } = JSON.parse(process.env.BENCH_PEER);

// A payment refers to its organization through its wallet: here it is said directly, as the selection asks for it. A table
// named subscription would become GraphQL's root type of that name.
const tags = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      payment: { tags: { foreignKey: "(organization_id) references organization (id)" } },
      subscription: { tags: { name: "running_subscription" } },
    },
  },
});

const pgl = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [tags],
  pgServices: [makePgService({ connectionString: database_url, schemas: ["public"], poolConfig: { max: pool_size } })],
  grafast: { explain: false, context: () => ({ pgSettings: { role: "tenantry_app", ...settings } }) },
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false, websockets: false },
});

const server = createServer();
await pgl.createServ(grafserv).addTo(server);
server.listen(port, "127.0.0.1");
