# Crucible as a container; docs/deployment.md tells how to run it. Two targets: `production`, the last and therefore the
# default, has the compiled server and what it needs at run time; `development` has the sources, the simulated mint and
# the development profile. No secret is ever built in.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS manifest
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

# The one package with an install script that matters brings a Node of its own, and this image is one.
FROM manifest AS tools
RUN npm ci --ignore-scripts

FROM tools AS build
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json && chmod 755 dist/cli/index.js

FROM manifest AS packages
RUN npm ci --ignore-scripts --omit=dev

FROM tools AS development
COPY src src
COPY simulator simulator
COPY dev dev
RUN install -d -o node -g node /data
ENV HOST=0.0.0.0 CRUCIBLE_DATA_DIR=/data SIM_HOST=0.0.0.0
USER node
EXPOSE 3000 3338
STOPSIGNAL SIGTERM
CMD ["node", "dev/start.ts"]

FROM ${NODE_IMAGE} AS production
LABEL org.opencontainers.image.title="crucible" org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY ops/compose/make-secrets.mjs ops/
RUN ln -s /app/dist/cli/index.js /usr/local/bin/crucible \
  && install -d -o node -g node -m 700 /var/lib/crucible /var/lib/crucible/spool
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 CRUCIBLE_SPOOL_DIR=/var/lib/crucible/spool
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`, { signal: AbortSignal.timeout(4000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/index.js"]
