# The gateway as an image: `docker build -t outcall-gateway .`, then, with the routes beside you,
# docker run -p 8080:8080 -v outcall-data:/data -v ./proxy_conf.json:/etc/outcall-gateway/proxy_conf.json:ro \
#   --stop-timeout 40 --ulimit nofile=65536:65536 outcall-gateway
# Longer than the drain (30 s): docker alone would give it 10 s, and cut off what is in flight.

FROM rust:1.95-slim-trixie AS chef
RUN cargo install --locked --version 0.1.78 cargo-chef
WORKDIR /src

# What the dependencies are, apart from our own code: as long as that stays the same, the next stage is not built anew.
FROM chef AS plan
COPY . .
# All members are in it: with those of one program alone Cargo.lock would not fit, and `--locked` refuse it.
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
COPY --from=plan /src/recipe.json recipe.json
RUN cargo chef cook --release --locked --package outcall-gateway --recipe-path recipe.json
COPY . .
RUN cargo build --release --locked --package outcall-gateway --bin outcall-gateway \
 && strip target/release/outcall-gateway

FROM debian:trixie-slim
# The authorities that upstreams are trusted by. Nothing else is installed.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/target/release/outcall-gateway /usr/local/bin/outcall-gateway
# A new volume takes over the owner of the folder that it is mounted on.
RUN groupadd --system --gid 10001 outcall \
 && useradd --system --uid 10001 --gid outcall --home-dir /data --no-create-home --shell /usr/sbin/nologin outcall \
 && install -d -m 0750 -o outcall -g outcall /data
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV OUTCALL_LISTEN="[::]:8080" \
    OUTCALL_STORE="disk:/data/ledger" \
    OUTCALL_CONFIG="/etc/outcall-gateway/proxy_conf.json"
EXPOSE 8080
STOPSIGNAL SIGTERM
# Does it take connections? The binary asks by itself, since there is no curl here.
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s --retries=3 \
  CMD ["/usr/local/bin/outcall-gateway", "health"]
ENTRYPOINT ["/usr/local/bin/outcall-gateway"]
