# Stands for the official image of Node, in which the Dockerfiles build.
FROM scratch
ADD packages.tar /
COPY --chmod=0755 bin/node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN cd /usr/local/bin && for name in npm npx; do ln -s "../lib/node_modules/npm/bin/$name-cli.js" "$name"; done
# /cache is a volume of the build: what was downloaded once is there, and so are the CAs that the machine trusts.
ENV npm_config_cache=/cache/npm npm_config_store_dir=/cache/pnpm NODE_EXTRA_CA_CERTS=/cache/ca.pem
ENV PATH=/usr/local/bin:/usr/bin:/bin HOME=/root
