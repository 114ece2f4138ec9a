# Siaga's images, for amd64 and arm64: nothing here is downloaded by architecture but what pip chooses.
#   docker build --target cloud -t siaga-cloud .        also: edge, demo
FROM python:3.11.15-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN groupadd --gid 10001 siaga && useradd --uid 10001 --gid siaga --no-create-home --home-dir /var/lib/siaga siaga \
    && install -d -o siaga -g siaga -m 0700 /var/lib/siaga

FROM base AS source
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CONSTRAINT=/src/constraints.txt
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY wire wire
COPY firmware_bridge firmware_bridge
COPY i18n i18n
COPY rules rules
COPY runtime runtime
COPY edge edge
COPY cloud cloud
COPY dashboards dashboards
COPY demo demo
RUN python -m venv /opt/siaga

FROM source AS cloud-build
RUN /opt/siaga/bin/pip install '.[cloud,postgresql,dashboards,parquet]' && python -m compileall -q /opt/siaga/lib

FROM source AS edge-build
RUN /opt/siaga/bin/pip install '.[edge]' && python -m compileall -q /opt/siaga/lib

FROM source AS demo-build
RUN /opt/siaga/bin/pip install '.[demo]' && python -m compileall -q /opt/siaga/lib

FROM base AS edge
COPY --from=edge-build /opt/siaga /opt/siaga
ENV PATH=/opt/siaga/bin:$PATH
USER 10001:10001
WORKDIR /var/lib/siaga
# the gateway's reports on itself go to the spool every 30 s: while they do, it works
HEALTHCHECK --interval=60s --timeout=5s --start-period=60s --retries=3 \
    CMD ["sh", "-c", "find /var/lib/siaga -name '*spool.db*' -mmin -2 | grep -q ."]
ENTRYPOINT ["siaga-edge"]
CMD ["run", "--config", "/etc/siaga/edge.toml"]

FROM base AS demo
COPY --from=demo-build /opt/siaga /opt/siaga
ENV PATH=/opt/siaga/bin:$PATH
USER 10001:10001
WORKDIR /var/lib/siaga
HEALTHCHECK --interval=60s --timeout=5s --start-period=60s --retries=3 \
    CMD ["sh", "-c", "find /var/lib/siaga -name '*spool.db*' -mmin -2 | grep -q ."]
ENTRYPOINT ["python", "-m", "demo.gateways"]
CMD ["--help"]

FROM base AS cloud
COPY --from=cloud-build /opt/siaga /opt/siaga
ENV PATH=/opt/siaga/bin:$PATH
USER 10001:10001
WORKDIR /var/lib/siaga
# alive is not the same as well: a store that is away makes health say so, and a restart would not bring it back
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "cloud.process.alive", "http://127.0.0.1:8080"]
ENTRYPOINT ["siaga-cloud"]
CMD ["run", "--config", "/etc/siaga/cloud.toml"]
