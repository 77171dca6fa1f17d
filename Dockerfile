# The worker and the sample service of docker-compose.yml.
FROM node:22-bookworm-slim
WORKDIR /opt/cutover
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts && ln -s /opt/cutover/bin/cutover.js /usr/local/bin/cutover
VOLUME /var/lib/cutover
CMD ["cutover", "worker"]
