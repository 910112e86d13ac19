# The worker. Build: docker build -t groundswell-worker:VERSION .   Run: docs/worker.md
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY . .
# Install scripts stay off but for Temporal's core, which has none: its libraries come in the package.
RUN npm ci --ignore-scripts --no-audit --no-fund && npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
ENTRYPOINT ["node", "dist/worker/main.js"]
