# What audits pages, as a container of its own: docker build -f deploy/lighthouse.Dockerfile -t watchword-lighthouse .
FROM node:22-bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends chromium fonts-liberation fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --user-group --uid 10002 --no-create-home bridge
WORKDIR /bridge
COPY lighthouse-bridge/package.json lighthouse-bridge/package-lock.json lighthouse-bridge/.npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts
COPY lighthouse-bridge/src src

USER 10002:10002
ENV BRIDGE_LISTEN=0.0.0.0:9090 BRIDGE_SCRATCH=/tmp
ENTRYPOINT ["node"]
CMD ["src/serve.ts"]
