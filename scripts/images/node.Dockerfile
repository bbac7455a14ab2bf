# Stands for the official image of Node of another architecture: what the Dockerfiles take from it.
FROM scratch
COPY --chmod=0755 bin/node /usr/local/bin/node
COPY LICENSE /usr/local/LICENSE
