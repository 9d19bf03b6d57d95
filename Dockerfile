# One file for every container: `build` compiles, `run` holds the programs and what they load.
#   docker build --target run -t jingbao .
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
	build-essential cmake ninja-build pkg-config protobuf-compiler protobuf-c-compiler \
	libprotobuf-dev libprotobuf-c-dev libnats-dev libpq-dev libjansson-dev libsodium-dev \
	libssl-dev libcurl4-openssl-dev libmicrohttpd-dev libjpeg62-turbo-dev libturbojpeg0-dev \
	libexif-dev libcairo2-dev libpango1.0-dev libqrencode-dev libcmocka-dev zlib1g-dev \
	libexpat1-dev \
	&& rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY CMakeLists.txt ./
COPY cmake cmake
COPY proto proto
COPY services services
COPY tools tools
RUN cmake -G Ninja -S . -B /build -DCMAKE_BUILD_TYPE=RelWithDebInfo \
	&& cmake --build /build --target system \
	&& mkdir /out && find /build/bin -maxdepth 1 -type f \( -name 'jb*' -o -name roads \) -exec cp {} /out/ \;

FROM debian:12-slim AS run
RUN apt-get update && apt-get install -y --no-install-recommends \
	ca-certificates curl fontconfig fonts-wqy-zenhei jq libcairo2 libcurl4 libexif12 libjansson4 \
	libjpeg62-turbo libmicrohttpd12 libnats3.4 libpango-1.0-0 libpangocairo-1.0-0 libpq5 \
	libprotobuf-c1 libqrencode4 libsodium23 libssl3 libturbojpeg0 libexpat1 zlib1g openssl postgresql-client \
	&& rm -rf /var/lib/apt/lists/* \
	&& useradd --system --uid 990 --home-dir /var/lib/jingbao --create-home jingbao \
	&& install -d -o jingbao -g jingbao /var/lib/jingbao/blobs /var/lib/jingbao/spool /secrets
COPY --from=build /out/ /usr/local/bin/
COPY db /usr/local/share/jingbao/db
COPY proto /usr/local/share/jingbao/proto
COPY tools/lib /usr/local/share/jingbao/tools/lib
COPY tools/container /usr/local/share/jingbao/tools/container
ENV PATH=/usr/local/share/jingbao/tools/container:/usr/local/bin:/usr/bin:/bin
WORKDIR /var/lib/jingbao
USER jingbao
ENTRYPOINT ["service"]
