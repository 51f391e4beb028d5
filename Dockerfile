# The image of meshhop: one static program, for linux/amd64 and linux/arm64.
#
#   docker build -t meshhop .
#   docker build -t meshhop-helloworld --target helloworld .
#   docker buildx build --platform linux/amd64,linux/arm64 -t REGISTRY/meshhop --push .
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
ARG TARGETOS TARGETARCH
ENV CGO_ENABLED=0
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false -ldflags="-s -w" -o /out/ ./cmd/meshhop ./examples/helloworld

# The service of the walkthrough, with the flags of buoyantio/helloworld.
FROM scratch AS helloworld
COPY --from=build /out/helloworld /helloworld
USER 65532:65532
ENTRYPOINT ["/helloworld"]

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/meshhop /meshhop
USER 65532:65532
ENTRYPOINT ["/meshhop"]
