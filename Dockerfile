# scripts/check-image.mjs carries these steps out in a clean root file system, without a container engine.
ARG NODE=26-bookworm-slim

FROM node:${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json tsconfig.client.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:${NODE}
# Reaps what the child processes of units leave behind; Node as the first process would not.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
# In a container loopback is nobody. Beyond it the gateway wants to know who may come in: MCP_AUTH_TOKEN.
ENV MCP_HOST=0.0.0.0
# The one folder that can be written to where the root cannot: for local units that keep something, such as those by npx.
ENV HOME=/tmp
WORKDIR /app
COPY package.json gateway.yaml ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# By number: only then Kubernetes can see that it is not root.
USER 1000:1000
EXPOSE 4000 4001 4002
HEALTHCHECK --interval=30s --timeout=10s --start-period=40s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MCP_PORT ?? 4000}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "dist/main.js"]
