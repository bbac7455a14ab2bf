# An application of a user: a program with the AWS SDK, and nothing of rolechain.
ARG NODE_IMAGE
ARG BASE_IMAGE
FROM ${NODE_IMAGE} AS node
FROM ${BASE_IMAGE}
COPY --from=node --chmod=0755 /usr/local/bin/node /nodejs/bin/node
COPY --chmod=0444 app.cjs /app/app.cjs
USER 1000:1000
ENTRYPOINT ["/nodejs/bin/node", "/app/app.cjs"]
