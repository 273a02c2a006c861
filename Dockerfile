# Settlewatch: one image for the service, its migrations and every command.
# Pinned by tag. To pin the bytes too, build with the digest you have checked:
#   docker build --build-arg PYTHON_IMAGE=python:3.12-slim-bookworm@sha256:...
ARG PYTHON_IMAGE=python:3.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
# Compiled here because the running image may be read-only: without it every start costs seconds.
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    VIRTUAL_ENV=/opt/venv
WORKDIR /app
COPY requirements/bootstrap.txt requirements/runtime.txt requirements/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements/bootstrap.txt \
    && /opt/venv/bin/uv pip install --require-hashes -r requirements/runtime.txt
COPY . .
# Installed where it stands; then the tools that installed it go.
RUN /opt/venv/bin/uv pip install --no-build-isolation --no-deps --editable . \
    && /opt/venv/bin/python -m compileall -q jobs migrations models service \
    && /opt/venv/bin/uv pip uninstall packaging pip setuptools uv wheel

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="settlewatch" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 settlewatch \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data \
        --shell /usr/sbin/nologin settlewatch \
    && install --directory --owner 10001 --group 10001 --mode 0750 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
# No SETTLEWATCH_DATABASE_URL here: a variable would win over a mounted secret. Without either, the
# default SQLite file lands in the working directory, /data: mount a volume there to keep it.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SETTLEWATCH_HOST=0.0.0.0 \
    SETTLEWATCH_PORT=8000
WORKDIR /data
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-Ic", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['SETTLEWATCH_PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["settlewatch"]
CMD ["run"]
