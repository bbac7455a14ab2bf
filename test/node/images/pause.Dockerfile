FROM scratch
COPY --chmod=0755 pause /pause
USER 65535:65535
ENTRYPOINT ["/pause"]
