# An application of a user: a program with the AWS SDK, and nothing of rolechain.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY --chmod=0444 app.cjs /app/app.cjs
USER 1000:1000
ENTRYPOINT ["/nodejs/bin/node", "/app/app.cjs"]
