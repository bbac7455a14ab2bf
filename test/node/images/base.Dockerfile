# Stands for the distroless base of Node 24: the libraries that node is linked with, and node.
FROM scratch
ADD packages.tar /
COPY --chmod=0755 node /nodejs/bin/node
ENTRYPOINT ["/nodejs/bin/node"]
