# The image that `make image` makes without a container engine, made in one:
#   docker build --tag soteria:0.1.0 .
FROM debian:12 AS build
WORKDIR /soteria
COPY test/tools/packages test/tools/install-packages test/tools/
RUN test/tools/install-packages image
COPY . .
RUN test/tools/build release soteria && image/tree /tree

FROM scratch
COPY --from=build /tree /
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/bin/soteria"]
