# Stage 1 builds the one binary; stage 2 holds it, a TLS library and CA certificates, and no root.
# Both are Ubuntu 24.04 (noble), for a binary wants the glibc it was linked against, or a newer one.
# Its Node.js is too old for forge, so that comes from an image of its own.
FROM node:24-bookworm-slim AS node

FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        clang zlib1g-dev libsecp256k1-dev libsqlite3-dev git \
    && rm -rf /var/lib/apt/lists/*
COPY --from=node /usr/local/ /usr/local/
WORKDIR /source
COPY . .
RUN ./run.sh build

FROM ubuntu:24.04
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl3t64 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/computevoucher computevoucher
COPY --from=build /source/artifacts/computevoucher /usr/local/bin/computevoucher
USER 10001
WORKDIR /var/lib/computevoucher
VOLUME /var/lib/computevoucher
# The protocol's port; health and metrics stay on the container's loopback.
EXPOSE 9600
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s \
    CMD ["computevoucher", "probe", "live", "--config", "/var/lib/computevoucher/node.json"]
ENTRYPOINT ["computevoucher"]
CMD ["serve", "--config", "/var/lib/computevoucher/node.json"]
