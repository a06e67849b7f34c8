# The shop in an image that holds the binary and certificates, and nothing else.
#
#   docker build -t shopbot .
#   docker run --rm -p 127.0.0.1:8088:8088 shopbot demo --listen 0.0.0.0:8088 --data /data/demo
#
# configs/compose.yaml runs a real shop.

FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags="-s -w -buildid=" -o /out/shopbot ./cmd/shopbot \
	&& mkdir /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/shopbot /shopbot
USER 65532:65532
WORKDIR /data
ENV SHOPBOT_DATABASE=/data/shop.db SHOPBOT_CATALOG=/shop/catalog.yaml SHOPBOT_LISTEN=:8080
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/shopbot"]
CMD ["run"]
