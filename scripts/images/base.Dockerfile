# Stands for distroless' cc: the libraries that node is linked with.
FROM scratch
ADD packages.tar /
