/** The plan of a past switch, as a person writes it who looks for its evidence. */
export const planWith = (evidence: string): string => `service: docs
entry: https://docs.example.com
colors: { blue: { url: "https://b.example.com", release: r1 }, green: { url: "https://g.example.com", release: r2 } }
edge: cloudflare
telemetry: { use: duckdb, path: edge.ndjson }
evidence: ${evidence}
`;
