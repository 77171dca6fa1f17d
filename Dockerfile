# The worker and the sample service of docker-compose.yml.
FROM node:22-bookworm-slim
# The slim image has no certificates, without which no TLS to Temporal Cloud or to a vendor can be checked.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/cutover
COPY package.json package-lock.json ./
COPY examples/docs-rag/package.json examples/docs-rag/
RUN npm ci --ignore-scripts
COPY . .
# Vendor packages are optional peers, which a prune takes away: this image has them all, in the versions of the lock.
RUN npm run build && npm prune --omit=dev --ignore-scripts \
  && npm install --no-save --omit=dev --ignore-scripts $(node scripts/peers.mjs) \
  && ln -s /opt/cutover/bin/cutover.js /usr/local/bin/cutover
# A new volume takes over the owner of the folder it is mounted on.
RUN mkdir -p /var/lib/cutover && chown node:node /var/lib/cutover
VOLUME /var/lib/cutover
USER node
CMD ["cutover", "worker"]
